"""Asks a Redis or Valkey about itself, and about Celery's messages in it; takes none of them."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from playground.doctor.entries import Entry
from playground.doctor.findings import Finding, counted, fault, listed, ok, unknown, warning
from playground.doctor.situation import SECONDS_TO_CONNECT, one_line

OLDEST = 6
# celery and kombu's own values.
VISIBILITY_TIMEOUT = 3600
PRIORITY_STEPS = (0, 3, 6, 9)
SEPARATOR = '\x06\x16'
PEEKED = 100
MOST_KEYS_SCANNED = 20_000


@dataclass
class Keys:
    """How Celery names what it keeps in a Redis.

    Attributes:
        prefix: before each key (``global_keyprefix``).
        separator: between a queue's name and a priority (``sep``).
        steps: the priorities (``priority_steps``).
        index: the sorted set of unacknowledged messages.
        visibility_timeout: after how many seconds one is given to another worker.
    """

    prefix: str
    separator: str
    steps: tuple[int, ...]
    index: str
    visibility_timeout: float

    @classmethod
    def of(cls, options: dict[str, Any]) -> 'Keys':
        """Read them from ``broker_transport_options``."""
        return cls(
            prefix=str(options.get('global_keyprefix') or ''),
            separator=str(options.get('sep') or SEPARATOR),
            steps=tuple(options.get('priority_steps') or PRIORITY_STEPS),
            index=str(options.get('unacked_index_key') or 'unacked_index'),
            visibility_timeout=float(options.get('visibility_timeout') or VISIBILITY_TIMEOUT),
        )

    def lists(self, queue: str) -> list[str]:
        """The lists that hold a queue's messages, one for each priority."""
        named = [f'{queue}{self.separator}{step}' if step else queue for step in self.steps]
        return [self.prefix + name for name in named]


def open_client(url: str, tls: Any = None) -> Any:
    """Make a client that asks once and does not wait for long; nothing is connected yet.

    Args:
        url: as Celery takes it.
        tls: ``broker_use_ssl`` or ``redis_backend_use_ssl``.
    """
    import redis
    from kombu.utils.url import parse_url
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    parts = urlsplit(url)
    options = dict(parse_url(url).get('ssl') or {}) if parts.query else {}
    if isinstance(tls, dict):
        options.update(tls)
    scheme = 'rediss' if parts.scheme == 'rediss' or tls else parts.scheme
    if scheme != 'rediss':
        options = {}
    return redis.Redis.from_url(
        urlunsplit(parts._replace(scheme=scheme, query='')),
        socket_timeout=SECONDS_TO_CONNECT,
        socket_connect_timeout=SECONDS_TO_CONNECT,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
        **options,
    )


def check_server(client: Any, role: str) -> Iterator[Finding]:
    """Judge the version, and whether the server takes what is written to it.

    Args:
        client: of ``open_client``.
        role: ``broker`` or ``results``.
    """
    from redis.exceptions import RedisError

    try:
        about = client.info()
    except RedisError as error:
        yield unknown(f'{role} server', f'its INFO cannot be read ({one_line(error)})')
        return
    name = 'Valkey' if 'valkey_version' in about else 'Redis'
    version = str(about.get('valkey_version') or about.get('redis_version'))
    faults = list(_refuses_writes(about, role, name))
    yield from faults
    if int(version.partition('.')[0]) < OLDEST:
        yield warning(
            f'{role} server',
            f'{name} {version} is older than any that the notes were run on',
            f'use {name} {OLDEST} or newer',
            Entry.VERSIONS,
        )
    elif not faults:
        change = (
            '; a dead worker’s messages come back after visibility_timeout, low numbers are urgent'
            if role == 'broker'
            else ''
        )
        yield ok(f'{role} server', f'{name} {version}{change}')
    policy = str(about.get('maxmemory_policy', 'noeviction'))
    if role == 'broker' and about.get('maxmemory') and policy != 'noeviction':
        yield warning(
            f'{role} server',
            f'maxmemory_policy is {policy}: a full {name} throws messages away',
            'redis-cli config set maxmemory-policy noeviction',
            Entry.REDIS_FULL,
        )


def _refuses_writes(about: dict[str, Any], role: str, name: str) -> Iterator[Finding]:
    check = f'{role} server'
    most, used = int(about.get('maxmemory') or 0), int(about.get('used_memory') or 0)
    if about.get('role') == 'slave':
        yield fault(
            check,
            f'this {name} is a replica, and refuses to write (READONLY)',
            'name its master: redis-cli info replication',
            Entry.REDIS_READ_ONLY,
        )
    if most and used >= most and about.get('maxmemory_policy') == 'noeviction':
        yield fault(
            check,
            f'{name} has used all of its maxmemory ({used} of {most} bytes), and refuses to write'
            ' (OOM)',
            'redis-cli config get maxmemory; read or delete what fills it: redis-cli --bigkeys',
            Entry.REDIS_FULL,
        )
    if about.get('rdb_last_bgsave_status') == 'err':
        yield fault(
            check,
            f'{name} could not write its snapshot, and refuses to write until it can (MISCONF)',
            'df -h; redis-cli config get dir; its log says why',
            Entry.REDIS_MISCONF,
        )
    if about.get('loading'):
        yield fault(
            check,
            f'{name} still reads its file (LOADING)',
            'wait, and try again',
            Entry.REDIS_MISCONF,
        )


def check_unacknowledged(client: Any, keys: Keys) -> Iterator[Finding]:
    """Find messages that a worker took longer ago than the visibility timeout."""
    from redis.exceptions import RedisError

    try:
        late = client.zcount(
            keys.prefix + keys.index, '-inf', time.time() - keys.visibility_timeout
        )
        every = client.zcard(keys.prefix + keys.index)
    except RedisError as error:
        yield unknown('unacknowledged', f'cannot be counted ({one_line(error)})')
        return
    if late:
        yield fault(
            'unacknowledged',
            f'{late} of {counted(every, "unacknowledged message")} longer than visibility_timeout'
            f' ({keys.visibility_timeout:.0f} s): a worker has died, or a task takes longer',
            'see whether a worker runs them (inspect active); if not, a worker that has run for'
            ' two minutes gives them back; a task or countdown longer than that needs a longer'
            ' visibility_timeout',
            Entry.UNACKNOWLEDGED,
        )
    else:
        yield ok(
            'unacknowledged',
            f'{counted(every, "message")}, and none for longer than visibility_timeout',
        )


def queue_names(client: Any, keys: Keys) -> set[str]:
    """The queues that somebody has sent to or read from, as far as they can be seen."""
    found: set[str] = set()
    pattern = f'{keys.prefix}_kombu.binding.*'
    cursor = 0
    for _ in range(MOST_KEYS_SCANNED // 1000):
        cursor, names = client.scan(cursor, match=pattern, count=1000, _type='set')
        for name in names:
            exchange = name[len(pattern) - 1 :]
            if not exchange.endswith(('pidbox', 'celeryev')):
                found |= {member.split(SEPARATOR)[-1] for member in client.smembers(name)}
        if not cursor:
            break
    return found


def lengths(client: Any, keys: Keys, queues: set[str]) -> dict[str, int]:
    """How many messages wait in each queue, all priorities together."""
    return {queue: sum(client.llen(key) for key in keys.lists(queue)) for queue in queues}


def tasks_waiting(client: Any, keys: Keys, queue: str) -> set[str]:
    """The names of the tasks in a queue: of those that come next, which stay there."""
    names = set()
    for key in keys.lists(queue):
        for message in client.lrange(key, -PEEKED, -1):
            try:
                names.add(str(json.loads(message)['headers']['task']))
            except (ValueError, LookupError, TypeError):
                continue
    return names


def check_waiting_tasks(waiting: dict[str, set[str]], known: set[str]) -> Iterator[Finding]:
    """Find tasks that were sent and that no worker knows.

    Args:
        waiting: the tasks' names, by queue.
        known: the names that workers know.
    """
    for queue, names in sorted(waiting.items()):
        if strange := names - known:
            yield fault(
                'waiting tasks',
                f'in queue {queue} waits what no worker knows: {listed(strange)}',
                'name the module that has it in include= of the app, and restart the worker; it'
                ' shows its tasks: celery -A APP inspect registered',
                Entry.UNREGISTERED_TASK,
            )
