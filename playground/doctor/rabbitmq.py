"""Asks a RabbitMQ about its version, alarms, queues and permissions, on a channel of our own."""

import json
import re
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from playground.doctor.broker import Reached
from playground.doctor.entries import Entry
from playground.doctor.findings import Finding, fault, ok, unknown, warning

OLDEST = (3, 8)
MANAGEMENT_PORT = 15672
SECONDS_OF_MANAGEMENT = 2.0
# Each is asked for by itself.
MOST_QUEUES = 200
# No proxy of the reader's has a part in it.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))

TEMPORARY = re.compile(r'(.*\.)?(celery\.pidbox|reply\.celery\.pidbox)$|^celeryev\.|^amq\.gen')


@dataclass(frozen=True)
class QueueState:
    """What waits in a queue, and who reads it."""

    messages: int
    consumers: int


def number(reached: Reached) -> tuple[int, ...]:
    """The first two numbers of RabbitMQ's version."""
    found = re.match(r'(\d+)\.(\d+)', str(reached.properties.get('version', '')))
    return tuple(map(int, found.groups())) if found else (0, 0)


def check_version(reached: Reached, app: Any) -> Iterator[Finding]:
    """Judge the version, and say what it changes.

    Args:
        reached: the broker.
        app: whose settings some versions refuse.
    """
    found = '.'.join(map(str, number(reached)))
    conf = app.conf
    transient = [
        name
        for name in ('control_queue', 'event_queue')
        if not conf.get(f'{name}_exclusive') and not conf.get(f'{name}_durable')
    ]
    if number(reached) >= (4, 3) and transient:
        yield fault(
            'broker server',
            f'RabbitMQ {found} refuses transient queues, and the app wants them:'
            f' {", ".join(f"{name}_exclusive=False" for name in transient)}',
            f'leave that out, or set {transient[0]}_durable = True with it',
            Entry.TRANSIENT_QUEUES,
        )
    elif number(reached) >= (4, 0):
        yield ok(
            'broker server',
            f'RabbitMQ {found}: tasks with a countdown take places of the prefetch, except with'
            ' quorum queues and a topic exchange',
        )
    elif number(reached) < OLDEST:
        yield warning(
            'broker server',
            f'RabbitMQ {found} is older than any that the notes were run on',
            'use RabbitMQ 3.10 or newer',
            Entry.VERSIONS,
        )
    else:
        yield ok(
            'broker server',
            f'RabbitMQ {found}: it ends a worker that holds a message for 30 minutes'
            ' (consumer_timeout)',
        )


def queue_states(reached: Reached, queues: set[str]) -> dict[str, QueueState | None]:
    """Ask for queues by name; one that is not there stays not there.

    Args:
        reached: the broker.
        queues: their names.

    Returns:
        None for one that is not there, or that this user may not see.
    """
    from amqp.exceptions import AMQPError

    states: dict[str, QueueState | None] = {}
    for queue in sorted(queues):
        # A refusal closes the channel.
        channel = reached.connection.channel()
        try:
            _, messages, consumers = channel.queue_declare(queue, passive=True)
            states[queue] = QueueState(messages, consumers)
            channel.close()
        except AMQPError:
            states[queue] = None
    return states


class Management:
    """RabbitMQ's management API, which is only read."""

    def __init__(self, address: str, user: str, password: str) -> None:
        """Remember where it is.

        Args:
            address: as in ``http://localhost:15672/``.
            user: of RabbitMQ.
            password: of the user.
        """
        self._address = address.rstrip('/').removesuffix('/api') + '/api'
        self._token = b64encode(f'{user}:{password}'.encode()).decode()

    def get(self, path: str) -> Any:
        """Read something.

        Args:
            path: behind ``/api/``.

        Returns:
            What the JSON says; None if there is no answer, or a refusal.
        """
        request = urllib.request.Request(f'{self._address}/{path}')
        request.add_header('Authorization', f'Basic {self._token}')
        try:
            with DIRECT.open(request, timeout=SECONDS_OF_MANAGEMENT) as answer:
                return json.loads(answer.read())
        except (OSError, ValueError):
            return None


def find_management(reached: Reached, named: str | None) -> Management | None:
    """Find the management API of this RabbitMQ.

    Args:
        reached: the broker.
        named: the address, if the reader names one. Without it the usual port of the same host is
            tried, unless the broker's address asks for TLS: the password would go without it.
    """
    broker = urlsplit(reached.url)
    if not named and broker.scheme == 'amqps':
        return None
    address = urlsplit(named or f'http://{broker.hostname or "localhost"}:{MANAGEMENT_PORT}/')
    user = unquote(address.username or broker.username or 'guest')
    password = unquote(address.password or broker.password or 'guest')
    plain = urlunsplit(address._replace(netloc=address.netloc.rpartition('@')[2]))
    management = Management(plain, user, password)
    about = management.get('overview')
    same = about and about.get('cluster_name') == reached.properties.get('cluster_name')
    return management if same else None


def all_queues(management: Management, vhost: str) -> set[str]:
    """The names of a vhost's queues but those of remote control and events.

    What the API says of their messages is some seconds old.
    """
    found = management.get(f'queues/{quote(vhost, safe="")}?columns=name') or []
    names = [queue['name'] for queue in found if not TEMPORARY.match(queue['name'])]
    return set(names[:MOST_QUEUES])


def check_alarms(reached: Reached, management: Management | None) -> Iterator[Finding]:
    """Find an alarm of memory or disk, during which RabbitMQ takes no messages.

    Args:
        reached: the broker, after something was sent to it: then it says so itself.
        management: its management API, which knows the kind, though some seconds late.
    """
    if not reached.blocked:
        yield ok('alarms', 'RabbitMQ has no alarm of memory or disk')
        return
    nodes = (management.get('nodes') if management else None) or []
    alarms = [
        f'{kind} on {node.get("name")}'
        for node in nodes
        for kind, key in (('memory', 'mem_alarm'), ('disk', 'disk_free_alarm'))
        if node.get(key)
    ]
    yield fault(
        'alarms',
        'RabbitMQ takes no messages, for there is an alarm'
        f' ({", ".join(alarms) or "of memory or disk"})',
        'rabbitmqctl status | grep -A5 Alarms; then make room on the disk, or in memory',
        Entry.ALARM,
    )


def check_permissions(
    reached: Reached, management: Management | None, queues: set[str]
) -> Iterator[Finding]:
    """Judge whether the user may configure, write and read what the app uses.

    Args:
        reached: the broker.
        management: its management API, which tells an administrator only.
        queues: their names, and those of their exchanges.
    """
    broker = urlsplit(reached.url)
    user, vhost = unquote(broker.username or 'guest'), reached.connection.virtual_host or '/'
    found = None
    if management:
        where = f'permissions/{quote(vhost, safe="")}/{quote(user, safe="")}'
        found = management.get(where)
    if not found:
        yield unknown(
            'permissions',
            'only the management API tells them, to an administrator',
            'rabbitmqctl list_user_permissions USER; or name the API: --management http://HOST:15672',
        )
        return
    refused = [
        f'{right} {name}'
        for right in ('configure', 'write', 'read')
        for name in sorted(queues)
        if not re.search(found[right], name)
    ]
    if refused:
        yield fault(
            'permissions',
            f'user {user} may not: {", ".join(refused[:4])}',
            f'rabbitmqctl set_permissions -p {vhost} {user} ".*" ".*" ".*"',
            Entry.PERMISSIONS,
        )
    else:
        yield ok('permissions', f'user {user} may configure, write and read {", ".join(queues)}')
