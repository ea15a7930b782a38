"""What is measured: Celery with one setting changed, Celery with all that helps, and its peers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.servers import RABBITMQ, REDIS
from lab.throughput.programs import celery_app

PROGRAMS = 'lab.throughput.programs'
BOTH = (RABBITMQ, REDIS)
# What Redis has no part in, or is the same there, is measured once.
ONCE = (RABBITMQ,)

# The environments in which programs run: that of the notes, and two of the lab.
NOTES, PEERS, COMPILED = 'notes', 'peers', 'compiled'

DEFAULT, TUNED = 'as it comes', 'all that helps'
CEILING = 'ceiling'

# {node} is a name that no other worker has.
WORKER = f'celery -A {celery_app.NAME} worker -l error -n {{node}}'
POOL = f'{WORKER} -c 2'
ONE = f'{WORKER} -P solo'

# Tasks for one of the others', so that all take about as long.
FAST, SLOW = 2.0, 0.5


@dataclass(frozen=True)
class Contender:
    """One row of a table.

    Attributes:
        name: of the row.
        workers: the commands of its workers, two processes for tasks together.
        price: what is lost, or no longer works, by it.
        settings: of Celery, where they differ from its own.
        way: how its tasks are sent, one of ``celery_app.WAYS``.
        program: the module that sends them.
        brokers: on which it runs.
        environment: where the program is installed.
        variables: further ones for its programs.
        short: on which of them in the short mode.
        share: so many tasks in its queue for one of the others'.
        by_root: whether Celery lets root run it.
    """

    name: str
    workers: tuple[str, ...] = (POOL,)
    price: str = ''
    settings: Mapping[str, Any] = field(default_factory=dict)
    way: str = 'delay'
    program: str = celery_app.NAME
    brokers: tuple[str, ...] = BOTH
    environment: str = NOTES
    variables: Mapping[str, str] = field(default_factory=dict)
    short: tuple[str, ...] = (RABBITMQ,)
    share: float = 1.0
    by_root: bool = True


def _setting(name: str, price: str, settings: Mapping[str, Any], **others: Any) -> Contender:
    return Contender(name, price=price, settings=settings, **others)


def _options(name: str, price: str, *workers: str, **others: Any) -> Contender:
    return Contender(name, workers, price, **others)


IGNORED = {'task_ignore_result': True}
PREFETCH = {'worker_prefetch_multiplier': 64}
QUORUM = {'task_default_queue_type': 'quorum', 'task_default_exchange_type': 'topic'}
QUIET = '--without-gossip --without-mingle'

NO_LIMITS = (
    'no time limits, no `revoke(terminate=True)`, no answer to `inspect` while a task runs;'
    ' a crash of a task is a crash of the worker'
)

TUNED_SETTINGS = {**IGNORED, 'worker_prefetch_multiplier': 128}
TUNED_WORKERS = (f'{ONE} {QUIET}',) * 2

DRAINS = (
    Contender(DEFAULT, price='–', short=BOTH),
    _setting('`task_ignore_result`', 'no result, no state, no `get`', IGNORED, short=BOTH),
    _setting(
        '`worker_prefetch_multiplier=1`',
        'the fewest tasks wait behind a long one',
        {'worker_prefetch_multiplier': 1},
        brokers=ONCE,
        short=(),
    ),
    _setting(
        '`worker_prefetch_multiplier=64`',
        'more tasks wait behind a long one, while another worker is idle',
        PREFETCH,
    ),
    _options('events on (`-E`)', 'Flower sees the tasks', f'{POOL} -E'),
    _options(
        '`--without-gossip`',
        'workers do not hear of each other',
        f'{POOL} --without-gossip',
        brokers=ONCE,
        short=(),
    ),
    _options(
        '`--without-mingle`',
        'a new worker does not hear which tasks are revoked',
        f'{POOL} --without-mingle',
        brokers=ONCE,
        short=(),
    ),
    _options(
        '`--without-heartbeat`',
        'Flower believes that the worker is gone',
        f'{POOL} --without-heartbeat',
        brokers=ONCE,
        short=(),
    ),
    _setting(
        '`worker_disable_rate_limits`',
        'no rate limits',
        {'worker_disable_rate_limits': True},
        brokers=ONCE,
        short=(),
    ),
    _setting(
        '`worker_enable_remote_control=False`',
        'no `inspect`, no `control`, no `revoke`',
        {'worker_enable_remote_control': False},
        brokers=ONCE,
        short=(),
    ),
    _setting(
        '`task_acks_late`',
        'a task may run twice; on RabbitMQ a worker that is killed loses none',
        {'task_acks_late': True},
    ),
    _setting('quorum queue', 'survives the end of a node', QUORUM, brokers=ONCE),
    _setting(
        '`task_default_delivery_mode=1`',
        'a broker that ends loses what waits',
        {'task_default_delivery_mode': 'transient'},
        brokers=ONCE,
    ),
    _setting(
        '`task_queue_max_priority=10`',
        'tasks have priorities',
        {'task_queue_max_priority': 10, 'task_default_priority': 5},
        brokers=ONCE,
        short=(),
    ),
    _setting(
        '`task_serializer="msgpack"`',
        'a package more; other types than with JSON',
        {'task_serializer': 'msgpack', 'accept_content': ['json', 'msgpack']},
        brokers=ONCE,
    ),
    _setting(
        '`task_serializer="pickle"`',
        'who can send a message runs any code in your worker',
        {'task_serializer': 'pickle', 'accept_content': ['json', 'pickle']},
        brokers=ONCE,
        short=(),
        by_root=False,
    ),
    _setting(
        '`task_compression="gzip"`',
        'small messages become larger',
        {'task_compression': 'gzip'},
        brokers=ONCE,
    ),
    _options('`-P threads -c 2`', 'no time limits; one processor', f'{WORKER} -P threads -c 2'),
    _options(
        '`-P gevent -c 100`',
        'no soft time limits; one processor; each library must be patched',
        f'{WORKER} -P gevent -c 100',
        # With heartbeats it takes ten tasks a second from RabbitMQ: production.md, chapter 13.
        settings={'broker_heartbeat': 0},
        share=SLOW,
    ),
    _options('`-P solo`', NO_LIMITS, ONE),
    _options('two workers, `-P solo`', 'as with `-P solo`', ONE, ONE, short=BOTH),
    _options(
        'two workers, `-c 1`',
        'twice the memory for main processes',
        *(f'{WORKER} -c 1',) * 2,
        brokers=ONCE,
    ),
    _setting(
        '`chunks` of 100',
        'one message: all of it fails, is acknowledged and is retried together',
        {},
        way='chunks',
        share=20,
    ),
    _options(
        'py-amqp compiled',
        'a compiler at the installation',
        POOL,
        brokers=ONCE,
        environment=COMPILED,
        short=(),
    ),
    _options(
        'hiredis',
        'a package more',
        POOL,
        brokers=(REDIS,),
        environment=COMPILED,
        short=(),
    ),
    Contender(
        TUNED,
        TUNED_WORKERS,
        'as with `-P solo`, without results; more tasks wait behind a long one',
        TUNED_SETTINGS,
        short=BOTH,
        share=FAST,
    ),
    Contender(
        f'{TUNED}, and compiled',
        TUNED_WORKERS,
        'the same, and a compiler',
        TUNED_SETTINGS,
        environment=COMPILED,
        short=(),
        share=FAST,
    ),
    Contender(
        f'{TUNED}, and `chunks` of 100',
        TUNED_WORKERS,
        'the same, and that of `chunks`',
        TUNED_SETTINGS,
        way='chunks',
        share=20,
    ),
)

LATENCIES = tuple(each for each in DRAINS if each.name in (DEFAULT, TUNED))

SENDERS = (
    Contender(DEFAULT, price='–', short=BOTH),
    Contender('one producer for all', price='a connection that you close', way='one_producer'),
    _setting('`retry=False`', 'a call that fails is not repeated', {'task_publish_retry': False}),
    _setting('`task_ignore_result`', 'no result', IGNORED),
    _setting(
        'confirms',
        'each call waits for RabbitMQ; none is lost',
        {'broker_transport_options': {'confirm_publish': True}},
        brokers=ONCE,
    ),
    Contender('a `group`', price='all are in memory first', way='one_group'),
    Contender(
        '[bulk.py](../../examples/bulk.py), with confirms',
        price='all are in memory first; no signal and no event for each task',
        way='confirmed_bulk',
        brokers=ONCE,
    ),
    Contender(
        '`producer.batch()`',
        price='an error leaves it open which were sent',
        way='batch',
        brokers=(REDIS,),
        short=BOTH,
    ),
    Contender('`chunks` of 100', price='as above', way='chunks'),
)


def _peer(name: str, program: str, *workers: str, **others: Any) -> Contender:
    return Contender(
        name, workers, program=f'{PROGRAMS}.{program}', environment=PEERS, short=BOTH, **others
    )


def _dramatiq(name: str, confirms: str, threads: int, brokers: tuple[str, ...] = BOTH) -> Contender:
    return _peer(
        name,
        'dramatiq_app',
        f'dramatiq {PROGRAMS}.dramatiq_app --processes 2 --threads {threads}',
        variables={'THROUGHPUT_CONFIRMS': confirms},
        brokers=brokers,
        share=FAST if threads > 1 else 1.0,
    )


RQ = 'rq worker --url {url} --quiet {queue}'

PEER_DRAINS = (
    _dramatiq('dramatiq', '', 8),
    _dramatiq('dramatiq, one thread', '', 1),
    _peer(
        'taskiq',
        'taskiq_app',
        f'taskiq worker {PROGRAMS}.taskiq_app:broker --workers 2 --log-level ERROR',
        share=FAST,
    ),
    _peer(
        'huey',
        'huey_app',
        f'huey_consumer {PROGRAMS}.huey_app.huey -k process -w 2 -q',
        brokers=(REDIS,),
        share=FAST,
    ),
    _peer('RQ', 'rq_app', RQ, RQ, brokers=(REDIS,), share=0.05),
    _peer(
        'RQ, `SimpleWorker`',
        'rq_app',
        *(f'{RQ} --worker-class rq.SimpleWorker',) * 2,
        brokers=(REDIS,),
    ),
)

# RQ starts a process for each task, and would be overrun.
PEER_LATENCIES = tuple(each for each in PEER_DRAINS if each.name != 'RQ')

PEER_SENDERS = (
    _dramatiq('dramatiq', '', 8),
    _dramatiq('dramatiq, with confirms', '1', 8, (RABBITMQ,)),
    *(peer for peer in PEER_DRAINS if peer.name in ('taskiq', 'huey', 'RQ')),
)

CEILINGS = (
    Contender(
        f'{CEILING}: py-amqp alone',
        (f'python -m {PROGRAMS}.raw_amqp',),
        program=f'{PROGRAMS}.raw_amqp',
        brokers=ONCE,
        share=FAST,
    ),
    Contender(
        f'{CEILING}: redis-py alone',
        (f'python -m {PROGRAMS}.raw_redis',),
        program=f'{PROGRAMS}.raw_redis',
        brokers=(REDIS,),
        share=FAST,
    ),
)
