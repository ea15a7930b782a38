"""Connects to the broker as Celery does, once, and says why that fails."""

import contextlib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from playground.doctor import redis_server
from playground.doctor.address import masked, urls
from playground.doctor.entries import Entry
from playground.doctor.findings import Finding, fault, ok
from playground.doctor.situation import SECONDS_TO_CONNECT, Situation, one_line

PORTS = {'amqp': 5672, 'amqps': 5671, 'pyamqp': 5672, 'redis': 6379, 'rediss': 6379}
SECONDS_OF_TLS = 1.5
# Where Celery looks if nobody says anything.
WITHOUT_ADDRESS = 'amqp://guest:guest@localhost:5672//'


@dataclass
class Reached:
    """A broker that has let us in.

    Attributes:
        url: its address.
        connection: a kombu connection of our own.
        kind: ``amqp``, ``redis`` or another transport's name.
        properties: what a RabbitMQ says of itself.
        blocked: filled when RabbitMQ says that it takes no messages at the moment.
    """

    url: str
    connection: Any
    kind: str
    properties: dict[str, Any]
    blocked: list[str]


class BlockedError(Exception):
    """RabbitMQ takes no messages at the moment, and answers nothing else on that connection."""


def reach(situation: Situation) -> tuple[Reached | None, list[Finding]]:
    """Try the addresses of the broker in order, as Celery does.

    Args:
        situation: its app has the addresses.

    Returns:
        The first broker that lets us in, and what there is to say of each.
    """
    found: list[Finding] = []
    for url in urls(situation.app.conf.broker_write_url) or [WITHOUT_ADDRESS]:
        try:
            reached = _connect(situation.app, url)
        except Exception as error:
            found.append(refusal('broker', url, error))
        else:
            found.append(ok('broker', f'{_name(reached)} lets us in at {masked(url)}'))
            return reached, found
    return None, found


def _connect(app: Any, url: str) -> Reached:
    blocked: list[str] = []

    def stop(reason: str) -> None:
        blocked.append(reason)
        raise BlockedError(reason)

    if url.startswith('redis'):
        # kombu's own client tries again and again.
        client = redis_server.open_client(url, app.conf.broker_use_ssl)
        client.ping()
        client.close()
    connection = app.connection_for_write(url, connect_timeout=SECONDS_TO_CONNECT, heartbeat=0)
    # Our own, so that nothing of the app's changes.
    connection.alt = []
    kind = connection.transport.driver_type
    if kind == 'amqp':
        options = {**connection.transport_options, 'on_blocked': stop}
        # With a confirm for each message, a broker that takes none would hold us up.
        options['confirm_publish'] = False
    else:
        options = {
            **connection.transport_options,
            'socket_timeout': SECONDS_TO_CONNECT,
            'socket_connect_timeout': SECONDS_TO_CONNECT,
        }
    connection.transport_options = options
    # Not connect(), which tries again.
    connection._connection = connection._establish_connection()
    properties = dict(getattr(connection._connection, 'server_properties', {}) or {})
    return Reached(url, connection, kind, properties, blocked)


def _name(reached: Reached) -> str:
    if reached.kind == 'amqp':
        return f'{reached.properties.get("product")} {reached.properties.get("version")}'
    return f'the broker ({reached.kind})'


def refusal(check: str, url: str, error: BaseException) -> Finding:
    """Say why a server cannot be reached or does not let us in.

    Args:
        check: ``broker`` or ``results``.
        url: its address.
        error: what the client library raised.
    """
    where, words = masked(url), one_line(error)
    host, port = _host_and_port(url)
    causes = list(_causes(error))
    text = ' '.join([type(error).__name__, *map(str, causes)])
    if 'ACCESS_REFUSED' in text or 'Login was refused' in text:
        return fault(
            check,
            f'{where}: user or password is wrong ({words})',
            f'rabbitmqctl authenticate_user {_user(url)}  asks for the password and tries it',
            Entry.LOGIN_REFUSED,
        )
    if 'NOT_ALLOWED' in text and 'not found' in text:
        return fault(
            check,
            f'{where}: there is no such vhost ({words})',
            'rabbitmqctl list_vhosts; a vhost that begins with a slash is written %2F',
            Entry.VHOST_NOT_FOUND,
        )
    if 'NOT_ALLOWED' in text:
        return fault(
            check,
            f'{where}: this user may not enter this vhost ({words})',
            f'rabbitmqctl set_permissions -p VHOST {_user(url)} ".*" ".*" ".*"',
            Entry.PERMISSIONS,
        )
    if any(word in text for word in ('NOAUTH', 'Authentication required', 'AuthenticationError')):
        return fault(
            check,
            f'{where}: the password is missing or wrong ({words})',
            'write it into the address: redis://:PASSWORD@...;'
            ' `redis-cli -a PASSWORD ping` tries it',
            Entry.PASSWORD_NEEDED,
        )
    if any(isinstance(cause, socket.gaierror) for cause in causes) or 'Name or service' in text:
        return fault(
            check,
            f'{where}: there is no host {host} ({words})',
            f'getent hosts {host}; a service of a compose file has its name only in containers',
            Entry.HOST_UNKNOWN,
        )
    if 'refused' in text:
        return fault(
            check,
            f'{where}: nothing listens there ({words})',
            f'start the server, or mend the address; what listens: ss -ltn | grep :{port}',
            Entry.CONNECTION_REFUSED,
        )
    if 'WRONG_VERSION_NUMBER' in text or 'wrong version number' in text:
        return fault(
            check,
            f'{where}: the server speaks no TLS on this port',
            'begin the address with amqp:// or redis://, or name the port with TLS',
            Entry.TLS_WANTED,
        )
    if 'CERTIFICATE_VERIFY_FAILED' in text or 'certificate verify failed' in text:
        return fault(
            check,
            f'{where}: its certificate is not trusted ({words})',
            'name the authority that signed it: ca_certs in broker_use_ssl (RabbitMQ),'
            ' ssl_ca_certs (Redis)',
            Entry.TLS_WANTED,
        )
    if not _says_tls(url) and _speaks_tls(host, port):
        return fault(
            check,
            f'{where}: the server wants TLS on this port',
            'begin the address with amqps:// or rediss://, and name its certificate authority',
            Entry.TLS_WANTED,
        )
    if _is_over_time(causes, text):
        return fault(
            check,
            f'{where}: no answer within {SECONDS_TO_CONNECT:.0f} seconds',
            f'see whether it is the right server, and healthy: nc -vz {host} {port}',
            Entry.NO_ANSWER,
        )
    return fault(
        check,
        f'{where}: {type(error).__name__}: {words}',
        f'see whether a server of this kind listens there: ss -ltnp | grep :{port}',
        Entry.NO_ANSWER,
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _is_over_time(causes: list[BaseException], text: str) -> bool:
    return 'timed out' in text.lower() or any(isinstance(cause, TimeoutError) for cause in causes)


def _host_and_port(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        return parts.hostname or 'localhost', parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        return 'localhost', 0


def _user(url: str) -> str:
    return urlsplit(url).username or 'guest'


def _says_tls(url: str) -> bool:
    return url.startswith(('amqps', 'rediss'))


def _speaks_tls(host: str, port: int) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        contextlib.suppress(OSError, OverflowError),
        socket.create_connection((host, port), timeout=SECONDS_OF_TLS) as plain,
        context.wrap_socket(plain, server_hostname=host),
    ):
        return True
    return False
