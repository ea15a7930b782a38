"""What a broker's users may do, what TLS checks, and what is open by default: production.md, 9."""

import dataclasses
import json
import re
import shlex
import subprocess
import uuid
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest
import redis
from celery import Celery

from playground.services.running import Services
from playground.session import Session
from playground.terminal import Terminal, reader_environment
from playground.virtual_environment import REPOSITORY
from playground.waiting import wait_until
from tests.fresh_services import management, request
from tests.live.conftest import node, terminals

SECONDS = 60.0

SAFE = REPOSITORY / 'examples' / 'safe'
PAGE = (REPOSITORY / 'production.md').read_text()

# A vhost and a password with all that a URL would take for something else.
STRANGE = 'p@ss:w/o#r%d?'


def patterns(who: str) -> list[str]:
    """The rights of a row of the page's table, as in ``['^$', '^safe$', '^$']``."""
    row = next(line for line in PAGE.splitlines() if line.startswith(f'| {who}'))
    found: list[str] = re.findall(r'`(\^.*?\$)`', row.replace(r'\|', '|'))
    return found if len(found) == 3 else found * 3


def run(services: Services, command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Type a command in examples/safe."""
    return subprocess.run(
        shlex.split(command),
        cwd=SAFE,
        env={**reader_environment(services), 'PYTHONDONTWRITEBYTECODE': '1', **variables},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )


def with_user(url: str, user: str, password: str, path: str | None = None) -> str:
    """A broker's URL for another user and, perhaps, another vhost or database."""
    parts = urlsplit(url)
    name = parts.path if path is None else path
    login = f'{quote(user, safe="")}:{quote(password, safe="")}'
    return f'{parts.scheme}://{login}@{parts.hostname}:{parts.port}{name}'


@dataclasses.dataclass(frozen=True)
class Users:
    """A back-end, and the addresses of its two users.

    Attributes:
        services: as its administrator sees it.
        producer: for who may only send.
        worker: for who may only work.
    """

    services: Services
    producer: Services
    worker: Services

    def rights(self, user: str, *three: str) -> None:
        """Give a user of RabbitMQ other rights."""
        give_rights(self.services, user, three)


def give_rights(services: Services, user: str, three: tuple[str, ...]) -> None:
    api, credentials = management(services)
    vhost = urlsplit(services.broker_url).path.removeprefix('/')
    body = json.dumps(dict(zip(('configure', 'write', 'read'), three, strict=True)))
    request(f'{api}permissions/{vhost}/{user}', credentials, 'PUT', body)


def make_rabbitmq_user(services: Services, user: str, password: str) -> None:
    api, credentials = management(services)
    body = json.dumps({'password': password, 'tags': ''})
    request(f'{api}users/{quote(user, safe="")}', credentials, 'PUT', body)


@pytest.fixture
def users(running: Services) -> Iterator[Users]:
    """The two users of the page, in RabbitMQ's table or in Redis' file."""
    suffix = uuid.uuid4().hex[:8]
    names = {who: f'{who}-{suffix}' for who in ('producer', 'worker')}
    broker, backend = running.broker_url, running.result_backend
    if running.has_rabbitmq:
        for name in names.values():
            make_rabbitmq_user(running, name, 'pass1234')
        give_rights(running, names['producer'], tuple(patterns('a caller')))
        give_rights(running, names['worker'], tuple(patterns('a worker with')))
        urls = {who: with_user(broker, name, 'pass1234') for who, name in names.items()}
        seen = {who: dataclasses.replace(running, broker_url=url) for who, url in urls.items()}
        yield Users(running, seen['producer'], seen['worker'])
        api, credentials = management(running)
        for name in names.values():
            request(f'{api}users/{name}', credentials, 'DELETE')
        return
    passwords = {}
    with redis.Redis.from_url(broker) as administrator:
        for line in (SAFE / 'users.acl').read_text().splitlines():
            _, who, *rules = line.split()
            passwords[who] = next(rule[1:] for rule in rules if rule.startswith('>'))
            administrator.execute_command('ACL', 'SETUSER', names[who], *rules)
        urls = {who: with_user(broker, names[who], passwords[who]) for who in names}
        seen = {
            who: dataclasses.replace(running, broker_url=url, result_backend=url)
            for who, url in urls.items()
        }
        yield Users(running, seen['producer'], seen['worker'])
        administrator.execute_command('ACL', 'DELUSER', *names.values())
    assert backend == broker


@pytest.fixture
def worker(users: Users, session: Session) -> Iterator[Terminal]:
    """payments.py's worker, as the user that may only work."""
    node = f'safe-{uuid.uuid4().hex[:8]}@localhost'
    command = f'celery -A payments worker -l info -c 1 -n {node} --without-gossip --without-mingle'
    with terminals(session) as start:
        worker = start(command, reader_environment(users.worker), SAFE)
        worker.wait_for(' ready.', SECONDS)
        asks = Celery('asks', broker=users.services.broker_url, set_as_current=False)
        assert wait_until(lambda: asks.control.ping([node], timeout=0.5), SECONDS)
        asks.close()
        yield worker


def test_a_caller_only_sends_and_a_worker_only_works(users: Users, worker: Terminal) -> None:
    sent = run(users.producer, 'python producer.py')
    assert sent.stdout == '20 euros back for order 7\n', sent.stderr
    refusals = {
        'celery -A payments call payments.refund --args=[7,1000]': "exchange 'safe'",
        'celery -A producer control shutdown': "exchange '",
        'celery -A producer call payments.refund --queue=other': "exchange 'other'",
    }
    for command, exchange in refusals.items():
        refused = run(users.producer, command)
        said = refused.stdout + refused.stderr
        if users.services.has_rabbitmq:
            assert re.search(rf'ACCESS_REFUSED - (configure )?access to {exchange}', said), said
        else:
            assert re.search(r"has no permissions to run the '\w+' command", said), said
    if users.services.has_rabbitmq:
        refused = run(users.worker, 'celery -A payments control shutdown')
        assert 'ACCESS_REFUSED' in refused.stdout + refused.stderr
        refused = run(users.worker, 'celery -A payments call other.task --queue=other')
        assert 'ACCESS_REFUSED' in refused.stdout + refused.stderr
    assert worker.runs
    assert 'shutdown' not in worker.output
    assert "'1000 euros" not in worker.output


REFUSED = {
    'an exchange that it may not use': "exchange='amq.topic', routing_key='safe'",
    'a countdown on a quorum queue': 'countdown=1',
}


@pytest.mark.parametrize('options', REFUSED.values(), ids=REFUSED)
def test_only_confirms_tell_a_caller_that_its_message_was_refused(
    users: Users, options: str
) -> None:
    if not users.services.has_rabbitmq:
        pytest.skip("RabbitMQ's exchanges")
    for confirms in False, True:
        code = (
            'from producer import app\n'
            f"app.conf.broker_transport_options = {{'confirm_publish': {confirms}}}\n"
            "app.conf.task_queues[0].queue_arguments = {'x-queue-type': 'quorum'}\n"
            "app.conf.task_default_exchange_type = 'topic'\n"
            f"print(app.send_task('payments.refund', (7, 20), {options}).id)"
        )
        sent = run(users.producer, f'python -c {shlex.quote(code)}')
        assert bool(sent.stdout) is not confirms
        exchange = 'amq.topic' if 'exchange' in options else 'celery_delayed_27'
        assert (f"access to exchange '{exchange}'" in sent.stderr) is confirms, sent.stderr


def test_a_caller_cannot_read_what_waits(users: Users) -> None:
    """Nobody consumes here; the queue is made by an administrator's call."""
    run(users.services, 'celery -A payments call payments.pay --args=["4111",20]')
    app = Celery('reads', broker=users.producer.broker_url, set_as_current=False)
    if users.services.has_rabbitmq:
        with (
            app.connection_for_read() as connection,
            pytest.raises(connection.channel_errors, match='ACCESS_REFUSED'),
        ):
            connection.default_channel.basic_get('safe')
    else:
        with (
            redis.Redis.from_url(users.producer.broker_url) as client,
            pytest.raises(redis.exceptions.NoPermissionError),
        ):
            client.lrange('safe', 0, -1)


def test_write_on_the_nameless_exchange_ends_a_worker(users: Users, worker: Terminal) -> None:
    """The trap: whoever may use ``amq.default`` writes to the queue of a worker's commands."""
    if not users.services.has_rabbitmq:
        pytest.skip("RabbitMQ's exchanges")
    name = urlsplit(users.producer.broker_url).username
    assert name
    command: dict[str, object] = {'method': 'shutdown', 'arguments': {}, 'destination': None}
    queue = f'{node(worker)}.celery.pidbox'
    app = Celery('thief', broker=users.producer.broker_url, set_as_current=False)

    def send() -> None:
        with app.connection_for_write() as connection:
            channel = connection.default_channel
            message = channel.prepare_message(
                json.dumps(command), content_type='application/json', content_encoding='utf-8'
            )
            channel.basic_publish(message, exchange='', routing_key=queue)
            # The refusal comes before the answer to this.
            channel.basic_qos(0, 1, False)

    with pytest.raises(app.connection_for_write().channel_errors, match=r'amq\.default'):
        send()
    assert worker.runs
    users.rights(name, '^$', '^amq.default$', '^$')
    send()
    worker.wait_for('Got shutdown from remote', SECONDS)
    app.close()


def test_any_worker_works_with_the_last_row(
    users: Users, session: Session, running: Services
) -> None:
    if not running.has_rabbitmq:
        pytest.skip("RabbitMQ's patterns")
    name = urlsplit(users.worker.broker_url).username
    assert name
    users.rights(name, *patterns('any worker'))
    with terminals(session) as start:
        node = f'any-{uuid.uuid4().hex[:8]}@localhost'
        command = f'celery -A payments worker -l info -c 1 -n {node} -E'
        worker = start(command, reader_environment(users.worker), SAFE)
        worker.wait_for(' ready.', SECONDS)
        assert run(users.producer, 'python producer.py').stdout.startswith('20 euros back')
        assert 'pong' in run(users.worker, 'celery -A payments inspect ping -t 5').stdout


def test_a_strange_password_works_once_it_is_encoded(running: Services) -> None:
    user = f'strange-{uuid.uuid4().hex[:8]}'
    broker = running.broker_url
    if running.has_rabbitmq:
        api, credentials = management(running)
        vhost = f'{user}/one'
        request(f'{api}vhosts/{quote(vhost, safe="")}', credentials, 'PUT')
        make_rabbitmq_user(running, user, STRANGE)
        url = with_user(broker, user, STRANGE, '/' + quote(vhost, safe=''))
        give_rights(dataclasses.replace(running, broker_url=url), user, ('.*', '.*', '.*'))
    else:
        url = with_user(broker, user, STRANGE)
        with redis.Redis.from_url(broker) as administrator:
            rules = ('on', f'>{STRANGE}', '~*', '&*', '+@all')
            administrator.execute_command('ACL', 'SETUSER', user, *rules)
    app = Celery('strange', broker=url, set_as_current=False)
    with app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, timeout=SECONDS)
    app.close()
    if running.has_rabbitmq:
        request(f'{api}vhosts/{quote(vhost, safe="")}', credentials, 'DELETE')
        request(f'{api}users/{user}', credentials, 'DELETE')
    else:
        with redis.Redis.from_url(broker) as administrator:
            administrator.execute_command('ACL', 'DELUSER', user)
