"""What Celery checks of a TLS connection, to RabbitMQ and to Redis: production.md, 9."""

import dataclasses
import re
import shlex
import shutil
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from celery import Celery

from playground.ports import LOOPBACK, answers, free_port
from playground.services import native as native_services
from playground.session import Session
from playground.virtual_environment import REPOSITORY
from playground.waiting import wait_until

SECONDS = 60.0

SAFE = REPOSITORY / 'examples' / 'safe'


@dataclasses.dataclass(frozen=True)
class Encrypted:
    """Servers with TLS.

    Attributes:
        folder: with ``certificates``, and ``other.pem``, a CA that signed nothing.
        amqp: RabbitMQ's address, without a scheme and with ``HOST`` in it.
        redis: the same of Redis.
    """

    folder: Path
    amqp: str
    redis: str


@pytest.fixture
def encrypted(session: Session) -> Encrypted:
    programs, redis_server = native_services.rabbitmq_programs(), shutil.which('redis-server')
    if programs is None or redis_server is None:
        pytest.skip(f'no {" and no ".join(native_services.missing())} on this machine')
    folder = session.folder / f'tls-{uuid.uuid4().hex[:8]}'
    folder.mkdir(mode=0o755)
    script = ['sh', str(SAFE / 'make_certificates.sh')]
    subprocess.run(script, cwd=folder, check=True, capture_output=True, timeout=SECONDS)
    certificates = folder / 'certificates'
    subprocess.run(
        shlex.split(
            'openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=another'
            ' -keyout other.key -out other.pem'
        ),
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=SECONDS,
    )
    # RabbitMQ's own user reads them.
    certificates.chmod(0o755)
    (certificates / 'server.key').chmod(0o644)
    session.folder.chmod(0o711)
    port = free_port()
    lines = (SAFE / 'redis.conf').read_text().replace('6380', str(port))
    (folder / 'redis.conf').write_text(lines.replace('/etc/redis', str(folder)))
    command = [redis_server, str(folder / 'redis.conf'), '--bind', LOOPBACK, '--save', '']
    with (folder / 'redis.log').open('wb') as log:
        session.start(
            'service',
            [*command, '--dir', str(folder), '--set-proc-title', 'no'],
            {'PATH': '/usr/bin:/bin'},
            stdout=log,
            stderr=log,
        )
    assert wait_until(lambda: answers(port), SECONDS), (folder / 'redis.log').read_text()
    secure = free_port()
    lines = (SAFE / 'rabbitmq.conf').read_text().replace('5671', str(secure))
    lines = lines.replace('/etc/rabbitmq', str(folder)).replace('listeners.tcp = none\n', '')
    native_services.start_node(session, programs, f'rabbitmq-tls-{secure}', further=lines)
    assert wait_until(lambda: answers(secure), SECONDS)
    login = 'celeryman:pass1234@HOST'
    return Encrypted(folder, f'{login}:{secure}/celery_vhost', f'HOST:{port}/0')


def connect_broker(url: str, setting: dict[str, str] | None) -> str:
    """Connect as Celery's broker; what became of it, in a word."""
    app = Celery('tls', broker=url, set_as_current=False)
    app.conf.broker_use_ssl = setting
    return outcome(lambda: app.connection_for_write().ensure_connection(max_retries=1, timeout=9))


def connect_backend(url: str, setting: dict[str, str] | None) -> str:
    """Connect as Celery's result backend; what became of it, in a word."""
    app = Celery('tls', broker='memory://', backend=url, set_as_current=False)
    app.conf.redis_backend_use_ssl = setting
    return outcome(lambda: app.backend.client.ping())


def outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except Exception as error:
        return str(error) or type(error).__name__
    return 'connected'


OWN = {'ca_certs': 'certificates/ca.pem'}
REQUIRED = {'ssl_ca_certs': 'certificates/ca.pem', 'ssl_cert_reqs': 'required'}

UNKNOWN = 'CERTIFICATE_VERIFY_FAILED'
# Whether what it wrote has arrived before the server hangs up is luck.
ENDED = 'closed connection|reset by peer|closed by server'

# The connection, the address, the setting, and what becomes of it.
CASES: dict[str, tuple[str, str, dict[str, str] | None, str]] = {
    'amqps, no setting': ('amqps', 'localhost', None, UNKNOWN),
    'amqps, the CA': ('amqps', 'localhost', OWN, '^connected$'),
    'amqps, the CA, another host': ('amqps', '127.0.0.1', OWN, '^connected$'),
    'amqps, the name': (
        *('amqps', 'localhost', {**OWN, 'server_hostname': 'localhost'}),
        '^connected$',
    ),
    'amqps, another name': (
        *('amqps', 'localhost', {**OWN, 'server_hostname': 'broker'}),
        'Hostname mismatch',
    ),
    'amqps, another CA': ('amqps', 'localhost', {'ca_certs': 'other.pem'}, UNKNOWN),
    'amqp': ('amqp', 'localhost', None, ENDED),
    'rediss, no setting': ('rediss', '127.0.0.1', None, '^connected$'),
    'rediss, the CA': ('rediss', 'localhost', REQUIRED, '^connected$'),
    'rediss, the CA, another host': ('rediss', '127.0.0.1', REQUIRED, 'IP address mismatch'),
    'rediss, another CA': (
        *('rediss', 'localhost', {**REQUIRED, 'ssl_ca_certs': 'other.pem'}),
        UNKNOWN,
    ),
    'redis': ('redis', 'localhost', None, ENDED),
    'results, no setting': ('results', 'localhost', None, 'must have parameter ssl_cert_reqs'),
    'results, the CA': ('results', 'localhost', REQUIRED, '^connected$'),
    'results, the CA, another host': ('results', '127.0.0.1', REQUIRED, 'IP address mismatch'),
    'results, another CA': (
        *('results', 'localhost', {**REQUIRED, 'ssl_ca_certs': 'other.pem'}),
        UNKNOWN,
    ),
}


def test_what_is_checked(encrypted: Encrypted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(encrypted.folder)
    for case, (scheme, host, setting, expected) in CASES.items():
        address = encrypted.amqp if scheme.startswith('amqp') else encrypted.redis
        address = address.replace('HOST', host)
        if scheme == 'results':
            found = connect_backend(f'rediss://{address}', setting)
        else:
            found = connect_broker(f'{scheme}://{address}', setting)
        assert re.search(expected, found), f'{case}: {found}'
