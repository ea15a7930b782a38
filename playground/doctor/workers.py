"""Asks the workers, with the commands of ``celery inspect``, and compares what they say."""

import copy
import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from playground.doctor.address import masked
from playground.doctor.broker import Reached
from playground.doctor.entries import Entry
from playground.doctor.findings import Finding, counted, fault, listed, ok, unknown, warning
from playground.doctor.situation import Situation, own_tasks

SECONDS_TO_HEAR_OF_ALL = 1.5
SECONDS_TO_ANSWER = 1.5
# celery/worker/worker.py
PREFETCH_MULTIPLIER = 4
# RabbitMQ's own consumer_timeout, which 4.3 no longer applies to what waits in a worker.
CONSUMER_TIMEOUT = 1800
WITHOUT_CONSUMER_TIMEOUT = (4, 3)
# What a worker obeys, and a caller may be told otherwise.
COMPARED = (
    *('task_acks_late', 'task_reject_on_worker_lost', 'task_ignore_result', 'task_time_limit'),
    *('task_soft_time_limit', 'task_track_started', 'task_default_queue', 'task_serializer'),
    *('task_default_queue_type', 'accept_content', 'timezone', 'enable_utc', 'result_expires'),
    *('worker_prefetch_multiplier', 'broker_transport_options'),
)
LOCAL = ('localhost', '127.0.0.1', '::1')


@dataclass
class Workers:
    """What the workers of a broker have answered.

    Attributes:
        answered: the node that each answer to ``ping`` names.
        said: by command and node.
    """

    answered: list[str]
    said: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def nodes(self) -> list[str]:
        """The names of the nodes, each once."""
        return sorted(set(self.answered))

    @property
    def queues(self) -> dict[str, set[str]]:
        """Which nodes read each queue."""
        found: dict[str, set[str]] = {}
        for node, queues in self.said.get('active_queues', {}).items():
            for queue in queues or []:
                found.setdefault(queue['name'], set()).add(node)
        return found

    @property
    def tasks(self) -> set[str]:
        """The tasks that at least one node knows."""
        return {name for node in self.nodes for name in self.tasks_of(node)}

    def tasks_of(self, node: str) -> set[str]:
        """The tasks that a node knows."""
        return {name.split(' [')[0] for name in self.said.get('registered', {}).get(node) or []}


def ask(reached: Reached, app: Any) -> Workers:
    """Broadcast ``ping``, and to the nodes that answer the other commands of ``inspect``.

    Args:
        reached: the broker.
        app: whose settings say how control messages are made.

    Raises:
        BlockedError: RabbitMQ takes no messages.
    """
    mailbox = _mailbox(reached, app)
    answers = mailbox.multi_call('ping', timeout=SECONDS_TO_HEAR_OF_ALL) or []
    workers = Workers([node for answer in answers for node in answer])
    if workers.nodes:
        # All are kept: a queue is named after the id of its mailbox, which the next one could get.
        mailboxes = [_mailbox(reached, app) for _ in COMMANDS]
        for mailbox, (command, arguments) in zip(mailboxes, COMMANDS.items(), strict=True):
            answers = mailbox._broadcast(
                command,
                arguments,
                destination=workers.nodes,
                reply=True,
                timeout=SECONDS_TO_ANSWER,
                # Two workers of one name are one node, and answer twice.
                limit=len(workers.answered),
            )
            workers.said[command] = {
                node: said for answer in answers or [] for node, said in answer.items()
            }
    return workers


def _mailbox(reached: Reached, app: Any) -> Any:
    """Make a mailbox with a queue for answers of its own.

    A late answer to one command takes the place of another's in a queue that both share:
    ``kombu.pidbox.Mailbox._collect`` counts what comes, whatever it answers.
    """
    mailbox = copy.copy(app.control.mailbox)(reached.connection)
    # Its producer is a connection of the app's, which does not hear of an alarm.
    mailbox._producer_pool = mailbox.producer_pool = None
    # Whatever the app sends its tasks in.
    mailbox.serializer = 'json'
    # The queue for the answers goes with the connection, also where those of the workers stay.
    mailbox.queue_exclusive, mailbox.queue_durable = True, False
    return mailbox


COMMANDS: dict[str, dict[str, Any]] = {
    'stats': {},
    'active_queues': {},
    'registered': {},
    'scheduled': {},
    'report': {},
    'conf': {'with_defaults': True},
}


def check_nodes(workers: Workers, situation: Situation) -> Iterator[Finding]:
    """Judge who answers, and whether two have one name."""
    if not workers.nodes:
        if not situation.app.conf.worker_enable_remote_control:
            yield unknown(
                'workers',
                'worker_enable_remote_control is off: no worker can be asked',
                'look at the workers’ logs',
            )
            return
        yield fault(
            'workers',
            f'no worker answers within {SECONDS_TO_HEAR_OF_ALL} s; one with the pool solo does'
            ' not while it runs a task',
            f'{situation.celery} worker -l info',
            Entry.NO_WORKER,
        )
        return
    twice = [node for node, times in Counter(workers.answered).items() if times > 1]
    if twice:
        yield fault(
            'workers',
            f'two workers have one name: {listed(twice)}',
            f'{situation.celery} worker -n w1@%h, and another name for each',
            Entry.DUPLICATE_NODES,
        )
    else:
        count = counted(len(workers.nodes), 'worker')
        yield ok('workers', f'an answer of {count}: {listed(workers.nodes)}')


def check_versions(workers: Workers) -> Iterator[Finding]:
    """Find workers with another Celery than the caller's."""
    import celery

    others = {}
    for node, said in workers.said.get('report', {}).items():
        found = re.search(r'celery:(\S+)', _text(said))
        if found and found[1] != celery.__version__:
            others[node] = found[1]
    if others:
        yield warning(
            'worker versions',
            f'{listed(f"{node} has Celery {its}" for node, its in others.items())},'
            f' and this Python has {celery.__version__}',
            'give caller and workers the same version: pip install "celery[redis]=='
            f'{celery.__version__}", then restart the workers',
            Entry.VERSIONS,
        )


def check_same_results(workers: Workers, app: Any) -> Iterator[Finding]:
    """Compare the result backend of the workers with the caller's."""
    ours = str(app.conf.result_backend or 'disabled')
    different: dict[str, str] = {}
    for node, said in workers.said.get('report', {}).items():
        found = re.search(r'results:(\S+)', _text(said))
        if found and _place(found[1]) != _place(ours):
            different[node] = found[1]
    if different:
        node, theirs = next(iter(different.items()))
        sentence = (
            f'{node} writes results to {masked(theirs)}, and this app looks in {masked(ours)}'
        )
        next_step = 'give both the same result_backend, or the same CELERY_RESULT_BACKEND'
        # A service of a compose file has one name inside and another one outside.
        finding = warning if _may_be_one(theirs, ours) else fault
        yield finding('worker results', sentence, next_step, Entry.RESULT_BACKEND_DIFFERS)
    elif workers.nodes:
        yield ok('worker results', f'caller and workers name the same: {masked(ours)}')


def _text(said: Any) -> str:
    return str(said.get('ok', '') if isinstance(said, dict) else said)


def _place(url: str) -> tuple[str, ...]:
    """Scheme, host and port, and database; one written way for each."""
    found = re.match(r'(?P<scheme>[^:]+)://(?:.*@)?(?P<host>[^/]*)/?(?P<rest>.*)', url)
    if not found:
        return (url,)
    host = found['host'] or 'localhost'
    name, _, port = host.partition(':')
    name = 'localhost' if name in LOCAL else name
    rest = found['rest'].partition('?')[0]
    if found['scheme'].startswith('redis'):
        return found['scheme'], f'{name}:{port or 6379}', rest or '0'
    return found['scheme'], host, rest


def _may_be_one(theirs: str, ours: str) -> bool:
    first, second = _place(theirs), _place(ours)
    if len(first) != 3 or len(second) != 3:
        return False
    hosts = {first[1].partition(':')[0], second[1].partition(':')[0]}
    return first[0] == second[0] and first[2] == second[2] and len(hosts) == 2


def own_queues(app: Any) -> dict[str, set[str]]:
    """Which of the app's tasks each queue gets, as the caller's settings route them."""
    from kombu.common import Broadcast

    found: dict[str, set[str]] = {}
    for name in own_tasks(app):
        task = app.tasks[name]
        own = {key: getattr(task, key, None) for key in ('queue', 'exchange', 'routing_key')}
        options = app.amqp.router.route(
            {key: value for key, value in own.items() if value}, name, (), {}
        )
        if options.get('exchange') and not options.get('queue'):
            # Which queues the exchange fills, the broker knows.
            continue
        if isinstance(options.get('queue'), Broadcast):
            # Each program has another queue of that name.
            continue
        queue = options.get('queue') or app.conf.task_default_queue
        found.setdefault(getattr(queue, 'name', queue), set()).add(name)
    return found


def check_queues(workers: Workers, situation: Situation) -> Iterator[Finding]:
    """Compare the queues that the caller fills with those that workers read."""
    if not workers.nodes:
        return
    filled, read = own_queues(situation.app), workers.queues
    unread = {queue: tasks for queue, tasks in filled.items() if queue not in read}
    for queue, tasks in sorted(unread.items()):
        # A call may name another queue. What waits in this one is a fault of its own.
        yield warning(
            'queues',
            f'no worker reads queue {queue}, where this app sends {listed(tasks)}',
            f'{situation.celery} worker -l info -Q {queue}; or name one in each call: queue=...',
            Entry.QUEUE_NOBODY_READS,
        )
    shared = {
        queue['name']
        for queues in workers.said.get('active_queues', {}).values()
        for queue in queues or []
        if queue['exchange']['type'] != 'fanout'
    }
    idle = shared - filled.keys() - _declared(situation)
    if filled and not unread:
        hint = f'; workers read {listed(idle)} too, which this app never fills' if idle else ''
        yield ok('queues', f'workers read {listed(filled)}, where this app sends{hint}')


def _declared(situation: Situation) -> set[str]:
    conf = situation.app.conf
    return set(situation.app.amqp.queues) if conf.task_queues else {conf.task_default_queue}


def check_states(states: dict[str, tuple[int, bool]], situation: Situation) -> Iterator[Finding]:
    """Find queues in which messages wait, and that nobody reads.

    Args:
        states: by queue, how many messages wait, and whether somebody reads it.
        situation: for the command to type.
    """
    stuck = {queue: count for queue, (count, is_read) in states.items() if count and not is_read}
    for queue, count in sorted(stuck.items()):
        yield fault(
            'messages',
            f'{counted(count, "message")} in queue {queue}, and nobody reads it',
            f'{situation.celery} worker -l info -Q {queue}',
            Entry.QUEUE_NOBODY_READS,
        )
    if not stuck:
        waiting = sum(count for count, _ in states.values())
        yield ok(
            'messages',
            f'{counted(waiting, "message")} in queues, and none in one that nobody reads',
        )


def check_tasks(workers: Workers, situation: Situation) -> Iterator[Finding]:
    """Find tasks of the caller that no worker knows, though one reads their queue."""
    unknown_tasks = {
        name
        for queue, names in own_queues(situation.app).items()
        if queue in workers.queues
        for name in names - workers.tasks
    }
    if unknown_tasks and workers.said.get('registered'):
        yield fault(
            'tasks',
            f'no worker knows {listed(unknown_tasks)}, which this app can send',
            f'restart the workers, or start them with this app ({situation.celery} worker);'
            ' modules with tasks belong in include=',
            Entry.UNREGISTERED_TASK,
        )
    elif workers.tasks:
        yield ok('tasks', 'workers know each task of this app')


def check_settings(workers: Workers, app: Any) -> Iterator[Finding]:
    """Compare settings of the workers of this app with the caller's."""
    own = own_tasks(app)
    ours = _plain(app.conf.table(with_defaults=True))
    differing = []
    for node, theirs in workers.said.get('conf', {}).items():
        # Workers of another project may have the same broker.
        if not own or not own <= workers.tasks_of(node):
            continue
        differing += [
            f'{name} is {theirs[name]!r} at {node} and {ours.get(name)!r} here'
            for name in COMPARED
            if name in theirs and theirs[name] != ours.get(name)
        ]
    if differing:
        yield warning(
            'worker settings',
            listed(differing),
            'a worker obeys its own: write them in the app, and restart the workers',
            Entry.DIFFERENT_SETTINGS,
        )


def check_ignored(workers: Workers) -> Iterator[Finding]:
    """Find workers that hold more messages than their settings say."""
    for node, conf in workers.said.get('conf', {}).items():
        stats = workers.said.get('stats', {}).get(node) or {}
        processes = (stats.get('pool') or {}).get('max-concurrency')
        multiplier = conf.get('worker_prefetch_multiplier')
        if not processes or multiplier in (None, PREFETCH_MULTIPLIER):
            continue
        if stats.get('prefetch_count') == processes * PREFETCH_MULTIPLIER:
            yield fault(
                'ignored settings',
                f'{node} has worker_prefetch_multiplier={multiplier}, and takes'
                f' {PREFETCH_MULTIPLIER} messages for each process all the same: behind -- it'
                ' comes too late',
                f'start it with --prefetch-multiplier={multiplier}, or write it in the app',
                Entry.SETTING_IGNORED,
            )


def check_etas(
    workers: Workers, visibility_timeout: float | None, rabbitmq: tuple[int, ...] | None
) -> Iterator[Finding]:
    """Find tasks that wait in a worker for longer than the broker does.

    Args:
        workers: who were asked.
        visibility_timeout: in seconds, of Redis.
        rabbitmq: the first numbers of its version.
    """
    waits: dict[str, float] = {}
    for tasks in workers.said.get('scheduled', {}).values():
        for task in tasks or []:
            if task.get('eta'):
                seconds = datetime.fromisoformat(task['eta']).timestamp() - time.time()
                name = str((task.get('request') or {}).get('name'))
                waits[name] = max(waits.get(name, 0), seconds)
    longest = max(waits.values(), default=0.0)
    name = max(waits, key=waits.__getitem__, default='')
    if visibility_timeout and longest > visibility_timeout:
        yield fault(
            'countdowns',
            f'{name} waits {longest:.0f} s, longer than visibility_timeout'
            f' ({visibility_timeout:.0f} s): another worker gets it too, and it runs twice',
            f"broker_transport_options = {{'visibility_timeout': {int(longest) + 3600}}}, in each"
            ' program; or let beat send it',
            Entry.ETA_TOO_FAR,
        )
    elif rabbitmq and rabbitmq < WITHOUT_CONSUMER_TIMEOUT and longest > CONSUMER_TIMEOUT:
        yield warning(
            'countdowns',
            f'{name} waits {longest:.0f} s, and RabbitMQ ends a worker that holds a message for'
            f' longer than consumer_timeout, by itself {CONSUMER_TIMEOUT} s',
            'let beat send it, use quorum queues with a topic exchange, or raise consumer_timeout',
            Entry.ETA_TOO_FAR,
        )
    elif workers.nodes:
        yield ok('countdowns', 'no task waits in a worker for longer than the broker does')


def _plain(values: Any) -> dict[str, Any]:
    """What is compared, as it comes back from a worker: JSON."""
    return {name: json.loads(json.dumps(values.get(name), default=str)) for name in COMPARED}
