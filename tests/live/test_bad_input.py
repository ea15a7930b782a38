"""What happens if somebody sends this? production.md, chapter 12, row by row, on both brokers."""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from celery.result import AsyncResult

from lab.faults import profiles
from playground.services.running import Services
from playground.session import Session
from playground.terminal import Terminal, reader_environment
from playground.virtual_environment import REPOSITORY
from playground.waiting import wait_until
from tests.fresh_services import fresh, management, request
from tests.live.conftest import terminals
from tests.page_tables import table

SECONDS = 30.0
ENDS_THE_WORKER = 'the worker ends, and the next one too'
REFUSED = 'PENDING, and the log says Received invalid task message'
# What the log says of a message that is dropped.
DROPPED = (
    'Received invalid task message',
    'Received and deleted unknown message',
    "Can't decode message body",
)
ROWS = [
    (sent, end) for end, cell in table('what happens', 'what is sent') for sent in cell.split('; ')
]

TASKS = """

@app.task(name='hello')
def hello(name):
    return f'hello {name}'


@app.task(name='give_a_set')
def give_a_set():
    return {1}
"""
APPS = {
    'default': 'from celery import Celery\n\napp = Celery()\n',
    'vege5': (REPOSITORY / 'vege5.py').read_text(),
}
DEAD, LIMIT = 'vege5.dead', 2
POLICY = {
    'pattern': '^vege5$',
    'apply-to': 'queues',
    'definition': {
        'delivery-limit': LIMIT,
        'dead-letter-exchange': '',
        'dead-letter-routing-key': DEAD,
    },
}


class Sender:
    """Sends to the workers of one app, and tells what became of it."""

    def __init__(self, running: Services, profile: str, folder: Path, start: Any) -> None:
        """Write the app of the workers, and make one for this process; nothing is started."""
        (folder / f'{profile}.py').write_text(APPS[profile] + TASKS)
        self._folder, self._running, self._profile, self._start = folder, running, profile, start
        self.app = Celery(
            'caller',
            broker=running.broker_url,
            backend=running.result_backend,
            set_as_current=False,
        )
        if profile == 'vege5':
            self.app.conf.update(profiles.of_vege5())
        self.hello = self.app.task(name='hello', shared=False)(hello)

    def start(self) -> Terminal:
        """Start a worker and wait until it is ready."""
        command = (
            f'exec celery -A {self._profile} worker -l info -c 1 -n {uuid.uuid4().hex[:8]}@%h'
            ' --without-gossip --without-mingle'
        )
        worker: Terminal = self._start(command, reader_environment(self._running), self._folder)
        worker.wait_for(' ready.', SECONDS)
        return worker

    def raw(
        self, body: str | bytes, content_type: str = 'application/json', **headers: object
    ) -> AsyncResult:
        """Publish a message that Celery has not made."""
        queue = self.app.amqp.queues[self.app.conf.task_default_queue]
        with self.app.connection_for_write() as connection:
            queue(connection.default_channel).declare()
            connection.Producer().publish(
                body,
                exchange=queue.exchange.name,
                routing_key=queue.routing_key,
                content_type=content_type,
                content_encoding='utf-8',
                headers=headers,
            )
        return self.app.AsyncResult(str(headers.get('id', uuid.uuid4())))

    def assert_end(
        self, send: Callable[['Sender'], AsyncResult], end: str | tuple[str, ...], worker: Terminal
    ) -> None:
        """Send it, and a good task behind it; the other ends in one of these ways."""
        begin, ends = len(worker.output), (end,) if isinstance(end, str) else end
        if ends[0].endswith(' at the call'):
            with pytest.raises(Exception) as raised:  # noqa: PT011 -- the page says which one
                send(self)
            assert f'{type(raised.value).__name__} at the call' in ends
            return
        result = send(self)
        assert self.hello.delay('Chris').get(timeout=SECONDS) == 'hello Chris'
        assert wait_until(lambda: said(result, worker.output[begin:]) in ends, SECONDS), said(
            result, worker.output[begin:]
        )


def said(result: AsyncResult, output: str) -> str:
    """Tell in the words of the page what became of it."""
    state = result.state
    if state == 'FAILURE':
        return f'FAILURE with {type(result.result).__name__}'
    if state == 'PENDING':
        words = [words for words in DROPPED if words in output]
        return f'PENDING, and the log says {words[0]}' if words else 'PENDING, for ever'
    return str(state)


def hello(name: str) -> None:
    """Have the arguments of the worker's task, which `delay` checks."""


def message(**headers: object) -> dict[str, Any]:
    """The headers that a task's message cannot do without."""
    return {'task': 'hello', 'id': str(uuid.uuid4()), **headers}


def worker_ends(worker: Terminal, good: AsyncResult) -> bool:
    """Wait until the worker has ended, or a good task is done."""
    assert wait_until(lambda: not worker.runs or good.state == 'SUCCESS', SECONDS)
    return not worker.runs


def with_options(**options: object) -> Callable[[Sender], AsyncResult]:
    return lambda to: to.hello.apply_async(('Bob',), **options)


GOOD = '[["Chris"], {}, {}]'
PAST = datetime(2020, 1, 1, tzinfo=UTC)

SENDS: Mapping[str, Callable[[Sender], AsyncResult]] = {
    'hello.delay({1, 2})': lambda to: to.hello.delay({1, 2}),
    'hello.delay(object())': lambda to: to.hello.delay(object()),
    'hello.delay()': lambda to: to.hello.delay(),
    "hello.apply_async('Bob')": lambda to: to.hello.apply_async('Bob'),
    "hello.apply_async({'name': 'Bob'})": lambda to: to.hello.apply_async({'name': 'Bob'}),
    "hello.apply_async(kwargs='name')": lambda to: to.hello.apply_async(kwargs='name'),
    "countdown='5'": with_options(countdown='5'),
    'task_id=5': with_options(task_id=5),
    "expires='10'": with_options(expires='10'),
    'countdown=10**12': with_options(countdown=10**12),
    "serializer='xml'": with_options(serializer='xml'),
    'countdown=-60': with_options(countdown=-60),
    'a naive eta, in UTC': with_options(eta=datetime.now(UTC).replace(tzinfo=None)),
    "hello.delay(b'Bob')": lambda to: to.hello.delay(b'Bob'),
    "hello.delay({1: 1}), with the key '1'": lambda to: to.hello.delay({1: 1}),
    'expires=0': with_options(expires=0),
    'an expires in the past': with_options(expires=PAST),
    "app.send_task('hello')": lambda to: to.app.send_task('hello'),
    "app.send_task('unknown')": lambda to: to.app.send_task('unknown'),
    "link='hello', though the task has run": with_options(link='hello'),
    'a task that returns a set': lambda to: to.app.send_task('give_a_set'),
    "queue='nobody-reads-it'": with_options(queue='nobody-reads-it'),
    "serializer='pickle'": with_options(serializer='pickle'),
    'raw YAML': lambda to: to.raw(GOOD, 'text/yaml', **message()),
    "a raw expires of 'tomorrow'": lambda to: to.raw(GOOD, **message(expires='tomorrow')),
    'raw bad JSON': lambda to: to.raw('{', **message()),
    'raw bad UTF-8': lambda to: to.raw(b'\xff', **message()),
    'a raw body without headers': lambda to: to.raw(GOOD),
    "time_limit='abc'": with_options(time_limit='abc'),
    "soft_time_limit='abc'": with_options(soft_time_limit='abc'),
    'a raw body [1]': lambda to: to.raw('[1]', **message()),
    'a raw body null': lambda to: to.raw('null', **message()),
    'a raw empty body': lambda to: to.raw(b'', **message()),
}


@pytest.fixture(scope='module')
def senders(
    started: Services, session: Session, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, tuple[Sender, Terminal]]]:
    """A sender to one worker with Celery's own settings, and one to a worker of vege5.py."""
    with terminals(session) as start, fresh(started) as first, fresh(started) as second:
        found = {}
        for profile, running in zip(APPS, (first, second), strict=True):
            sender = Sender(running, profile, tmp_path_factory.mktemp(profile), start)
            found[profile] = sender, sender.start()
        yield found
        for sender, _ in found.values():
            sender.app.close()


@pytest.mark.parametrize(('sent', 'end'), ROWS)
def test_what_is_sent_ends_as_the_page_says(
    senders: dict[str, tuple[Sender, Terminal]], started: Services, sent: str, end: str
) -> None:
    for profile, (sender, worker) in senders.items():
        if end == 'REVOKED' and profile == 'vege5' and started.has_rabbitmq:
            # Whether the worker is busy when it comes is luck.
            sender.assert_end(SENDS[sent], (end, 'PENDING, for ever'), worker)
        elif end != ENDS_THE_WORKER:
            sender.assert_end(SENDS[sent], end, worker)
        elif profile == 'vege5':
            sender.assert_end(SENDS[sent], REFUSED, worker)
        assert worker.runs


@pytest.mark.parametrize('sent', [sent for sent, end in ROWS if end == ENDS_THE_WORKER])
def test_what_ends_a_worker_ends_the_next_one(
    running: Services, session: Session, tmp_path: Path, sent: str
) -> None:
    with terminals(session) as start:
        sender = Sender(running, 'default', tmp_path, start)
        SENDS[sent](sender)
        # The next one for one row alone: a start takes two seconds of a processor.
        for _ in range(2 if sent == "time_limit='abc'" else 1):
            worker = sender.start()
            assert worker.wait(SECONDS) == 1
            assert 'Unrecoverable error: ' in worker.output
        with sender.app.connection_for_read() as connection:
            connection.SimpleQueue('celery').get(timeout=SECONDS)
        sender.app.close()


@pytest.mark.parametrize('options', [{'countdown': 0.5}, {'eta': 'tomorrow'}], ids=str)
def test_vege5_on_rabbitmq_counts_whole_seconds(
    senders: dict[str, tuple[Sender, Terminal]], started: Services, options: dict[str, Any]
) -> None:
    if not started.has_rabbitmq:
        pytest.skip('Redis has no delayed delivery')
    sender, worker = senders['vege5']
    sender.assert_end(with_options(**options), 'ValueError at the call', worker)


def test_a_delivery_limit_ends_the_loop(
    running: Services, session: Session, tmp_path: Path
) -> None:
    if not running.has_rabbitmq:
        pytest.skip('Redis has no delivery limit')
    address, credentials = management(running)
    vhost = running.broker_url.rsplit('/', 1)[1]
    request(f'{address}policies/{vhost}/poison', credentials, 'PUT', json.dumps(POLICY))
    with terminals(session) as start:
        sender = Sender(running, 'vege5', tmp_path, start)
        with sender.app.connection_for_read() as connection:
            dead = connection.SimpleQueue(DEAD)
            poison = sender.hello.delay(json.loads('[' * 900 + ']' * 900))
            good = sender.hello.delay('Chris')
            ends = 0
            worker = sender.start()
            while worker_ends(worker, good):
                ends += 1
                worker = sender.start()
            assert ends == LIMIT + 1
            message = dead.get(timeout=SECONDS)
            assert message.headers['id'] == poison.id
            message.ack()
        sender.app.close()
