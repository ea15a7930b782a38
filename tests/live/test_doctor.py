"""make doctor beside a real worker: it finds each fault made on purpose, and no other."""

import contextlib
import dataclasses
import itertools
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery

from playground import http
from playground.doctor.entries import Entry
from playground.ports import LOOPBACK, free_port
from playground.services import embedded, key_value_server
from playground.services.running import Services
from playground.session import Session
from playground.terminal import reader_environment
from playground.virtual_environment import REPOSITORY
from playground.waiting import wait_until
from tests.backends import BACKENDS
from tests.brokers import BROKERS
from tests.fresh_services import fresh, management, request
from tests.live.conftest import READY_SECONDS, terminals
from tests.live.rabbitmq import rabbitmqctl

# A machine with much to do takes its time; what hangs is given up after about 10 s.
SECONDS = 90.0
# On a machine with nothing else to do it is 4 s.
HEALTHY_SECONDS = 15.0
HUNG_SECONDS = 30.0

APP = """\
from celery import Celery

app = Celery({name!r}, broker={broker!r}, backend={results!r}, set_as_current=False)


@app.task(name='hello')
def hello(name):
    return f'hello {{name}}'
"""

WAIT = """\
@app.task(name='wait')
def wait(path):
    import pathlib
    import time

    while not pathlib.Path(path).exists():
        time.sleep(0.05)
"""

NAMES = (f'doctored{number}' for number in itertools.count(1))


@dataclasses.dataclass(frozen=True)
class Patient:
    """A healthy set-up: an app in a folder of its own, and a worker of it."""

    running: Services
    folder: Path
    node: str
    start: Any

    def write(self, lines: str = '', **addresses: str | None) -> str:
        """Write a module like the worker's, with other addresses or more lines.

        Returns:
            Its name.
        """
        name = next(NAMES)
        source = APP.format(
            name=name,
            **{
                'broker': self.running.broker_url,
                'results': self.running.result_backend,
                **addresses,
            },
        )
        (self.folder / f'{name}.py').write_text(f'{source}\n\n{lines}\n')
        return name

    def diagnose(self, app: str, **variables: str) -> dict[str, Any]:
        """Run the doctor on an app of the folder."""
        address = self.running.management_url or 'http://localhost:1'
        return diagnose(self.folder, '-A', app, '--management', address, **variables)

    @contextlib.contextmanager
    def worker(self, app: str, options: str = '', node: str | None = None) -> Iterator[str]:
        """Run one more worker until the block ends, and wait until it obeys."""
        node = node or f'{uuid.uuid4().hex[:8]}@localhost'
        command = (
            f'exec celery -A {app} worker -l info -P threads -c 2 -n {node}'
            f' --without-gossip --without-mingle {options}'
        )
        terminal = self.start(command, reader_environment(), self.folder)
        try:
            terminal.wait_for(' ready.', READY_SECONDS)
            with self.caller() as caller:
                assert wait_until(lambda: caller.control.ping([node], timeout=0.2), READY_SECONDS)
            yield node
        finally:
            terminal.stop()

    @contextlib.contextmanager
    def caller(self) -> Iterator[Celery]:
        app = Celery(
            'caller',
            broker=self.running.broker_url,
            backend=self.running.result_backend,
            set_as_current=False,
        )
        yield app
        app.close()


def diagnose(folder: Path, *options: str, **variables: str) -> dict[str, Any]:
    """Run ``python -m playground doctor --json``."""
    command = [sys.executable, '-m', 'playground', 'doctor', '--json', '--folder', str(folder)]
    ended = subprocess.run(
        [*command, *options],
        env={**reader_environment(), **variables},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert 'Traceback' not in ended.stderr, ended.stderr
    report: dict[str, Any] = json.loads(ended.stdout)
    assert ended.returncode == (1 if report['counts']['fault'] else 0), ended.stderr
    return report


def entries(report: Mapping[str, Any], *levels: str) -> set[Entry]:
    """Where troubleshooting.md explains what was found."""
    return {
        Entry(finding['entry'].partition('#')[2])
        for finding in report['findings']
        if finding['level'] in levels
    }


def checks(report: Mapping[str, Any], *levels: str) -> set[str]:
    """The names of the checks that found this."""
    return {finding['check'] for finding in report['findings'] if finding['level'] in levels}


def assert_only(report: Mapping[str, Any], *expected: Entry) -> None:
    """This was found, and no other fault or warning."""
    assert entries(report, 'fault', 'warning') == set(expected), json.dumps(report, indent=1)


@contextlib.contextmanager
def healthy(started: Services, session: Session, folder: Path) -> Iterator[Patient]:
    with fresh(started) as running, terminals(session) as start:
        patient = Patient(running, folder, '', start)
        with patient.worker(patient.write()) as node:
            yield dataclasses.replace(patient, node=node)


@pytest.fixture(scope='module')
def patient(
    started: Services, session: Session, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Patient]:
    """A healthy set-up on each back-end."""
    with healthy(started, session, tmp_path_factory.mktemp('patient')) as patient:
        yield patient


@pytest.fixture(scope='module')
def one_patient(
    request: pytest.FixtureRequest, session: Session, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Patient]:
    """One healthy set-up, for what no back-end has a part in."""
    names = request.config.stash[BACKENDS]
    name = next((name for name in names if BROKERS[name] == 'RabbitMQ'), names[0])
    started = request.getfixturevalue(name)
    with healthy(started, session, tmp_path_factory.mktemp('patient')) as patient:
        yield patient


def state(running: Services) -> Any:
    """All that a broker and a result backend hold."""
    with redis.Redis.from_url(running.result_backend) as client:
        # When the worker has last said that its bindings are in use, changes by itself.
        keys = {key: client.dump(key) for key in client.keys('*') if b'deadlines' not in key}
    if not running.has_rabbitmq:
        return keys
    api, credentials = management(running)
    vhost = running.broker_url.rsplit('/', 1)[1]
    found = {}
    for kind in ('queues', 'exchanges', 'bindings'):
        listed = json.loads(http.request(f'{api}{kind}/{vhost}', credentials)[1])
        names = ('name', 'source', 'destination', 'routing_key')
        found[kind] = sorted(tuple(str(each.get(name)) for name in names) for each in listed)
    return keys, found


def test_a_healthy_set_up_has_no_fault_and_is_left_as_it_was(patient: Patient) -> None:
    name = patient.write()
    patient.diagnose(name)  # the worker has made the exchange for its answers
    before = state(patient.running)
    report = patient.diagnose(name)
    assert_only(report)
    assert report['seconds'] < HEALTHY_SECONDS
    assert checks(report, 'unknown') <= {'waiting tasks'}
    assert checks(report, 'ok') >= {'broker', 'broker server', 'results', 'workers', 'queues'}
    assert checks(report, 'ok') >= {'tasks', 'worker results', 'clocks', 'messages', 'beat'}
    assert state(patient.running) == before


def test_answers_come_to_an_app_whose_control_queues_are_durable(patient: Patient) -> None:
    if patient.running.has_rabbitmq:
        pytest.skip('it is Redis on which such a queue loses answers')
    settings = ', '.join(
        f'{name}_queue_exclusive=False, {name}_queue_durable=True' for name in ('control', 'event')
    )
    report = patient.diagnose(patient.write(f'app.conf.update({settings})'))
    assert checks(report, 'fault', 'warning', 'unknown') == set()
    assert checks(report, 'ok') >= {'worker results', 'queues', 'tasks', 'countdowns'}


FAULTS = {
    'a misspelt setting': ('app.conf.worker_prefetch_multipler = 1', Entry.MISSPELT_SETTING),
    'old and new names': (
        "app.config_from_object({'CELERY_ACKS_LATE': True, 'task_track_started': True})",
        Entry.OLD_AND_NEW_SETTINGS,
    ),
    'a syntax error': ('def f(:', Entry.APP_RAISES),
    'an import that fails': ('import nowhere_to_be_found', Entry.APP_RAISES),
    'an import that never ends': ('import time; time.sleep(600)', Entry.APP_RAISES),
    'a program that ends': ("raise SystemExit('no')", Entry.APP_RAISES),
    'a module of tasks that is missing': ("app.conf.include = ['nowhere.tasks']", Entry.APP_RAISES),
    'no app': ('del app', Entry.APP_NOT_FOUND),
    'a queue that nobody reads': (
        "app.conf.task_routes = {'hello': {'queue': 'nobody'}}",
        Entry.QUEUE_NOBODY_READS,
    ),
    'a task that no worker knows': (
        "@app.task(name='strange')\ndef strange():\n    pass",
        Entry.UNREGISTERED_TASK,
    ),
    'a serializer that is refused': (
        "app.conf.task_serializer = 'pickle'",
        Entry.CONTENT_DISALLOWED,
        Entry.DIFFERENT_SETTINGS,
    ),
    'a string for the arguments of beat': (
        "app.conf.beat_schedule = {'e': {'task': 'hello', 'schedule': 9, 'args': ('friend')}}",
        Entry.BEAT_ENTRY,
    ),
    'a task of beat that is not there': (
        "app.conf.beat_schedule = {'e': {'task': 'hallo', 'schedule': 9}}",
        Entry.UNREGISTERED_TASK,
    ),
    'another setting than the worker’s': (
        'app.conf.task_acks_late = True',
        Entry.DIFFERENT_SETTINGS,
    ),
    'tasks that run in the caller': ('app.conf.task_always_eager = True', Entry.ALWAYS_EAGER),
}


@pytest.mark.parametrize(
    ('lines', 'expected'), [(f[0], f[1:]) for f in FAULTS.values()], ids=FAULTS
)
def test_a_fault_in_the_app_is_found(
    one_patient: Patient, lines: str, expected: tuple[Entry, ...]
) -> None:
    assert_only(one_patient.diagnose(one_patient.write(lines)), *expected)


ADDRESSES = {
    'a second @': ('broker', 'amqp://celeryman:p@ss@localhost/', Entry.URL_ENCODING),
    'a transport that is none': ('broker', 'rabbitmq://localhost/', Entry.UNKNOWN_SCHEME),
    'a result backend that is none': ('results', 'amqp://localhost/', Entry.UNKNOWN_BACKEND),
    'a host that is none': ('broker', 'redis://nowhere.invalid/0', Entry.HOST_UNKNOWN),
    'no broker': ('broker', 'amqp://{free}/', Entry.CONNECTION_REFUSED),
    'no result backend': ('results', 'redis://{free}/', Entry.CONNECTION_REFUSED),
}


@pytest.mark.parametrize(('role', 'url', 'expected'), ADDRESSES.values(), ids=ADDRESSES)
def test_a_fault_in_an_address_is_found(
    one_patient: Patient, role: str, url: str, expected: Entry
) -> None:
    name = one_patient.write(**{role: url.format(free=f'{LOOPBACK}:{free_port()}')})
    found = entries(one_patient.diagnose(name), 'fault', 'warning')
    # The worker still has the right result backend.
    assert found - {Entry.RESULT_BACKEND_DIFFERS} == {expected}


VARIABLES = {
    'an address for the command alone': ({'BROKER_URL': 'redis://localhost/9'}, 'fault'),
    'neither yes nor no': ({'NO_COLOR': 'please'}, 'fault'),
    'an option of the worker': ({'CELERY_WORKER_CONCURRENCY': '7'}, 'warning'),
    'another module of settings': ({'CELERY_CONFIG_MODULE': 'json'}, 'warning'),
}


@pytest.mark.parametrize(('variables', 'level'), VARIABLES.values(), ids=VARIABLES)
def test_a_variable_that_wins_is_found(
    one_patient: Patient, variables: dict[str, str], level: str
) -> None:
    report = one_patient.diagnose(one_patient.write(), **variables)
    assert_only(report, Entry.ENVIRONMENT_WINS)
    assert entries(report, level) == {Entry.ENVIRONMENT_WINS}


def test_a_file_that_hides_a_module_is_found(one_patient: Patient) -> None:
    hiding = one_patient.folder / 'redis.py'
    hiding.write_text('')
    try:
        report = one_patient.diagnose(one_patient.write())
    finally:
        hiding.unlink()
    assert Entry.HIDDEN_MODULE in entries(report, 'fault')


def test_another_result_backend_than_the_workers_is_found(patient: Patient) -> None:
    address, number = patient.running.result_backend.rsplit('/', 1)
    name = patient.write(results=f'{address}/{(int(number) + 1) % 16}')
    assert_only(patient.diagnose(name), Entry.RESULT_BACKEND_DIFFERS)


def test_messages_that_nobody_reads_are_found(patient: Patient) -> None:
    queue = f'nobody-{uuid.uuid4().hex[:8]}'
    with patient.caller() as caller:
        caller.send_task('hello', ('Bob',), queue=queue)
        report = patient.diagnose(patient.write())
        with caller.connection_for_write() as connection:
            connection.SimpleQueue(queue).get(timeout=READY_SECONDS).ack()
            if patient.running.has_rabbitmq:
                connection.default_channel.queue_delete(queue)
    assert_only(report, Entry.QUEUE_NOBODY_READS)


def test_a_wrong_password_is_found(patient: Patient) -> None:
    before, _, after = patient.running.broker_url.rpartition('@')
    if not before:
        pytest.skip('this broker has no password')
    name = patient.write(broker=f'{before}wrong@{after}')
    expected = Entry.LOGIN_REFUSED if patient.running.has_rabbitmq else Entry.PASSWORD_NEEDED
    assert_only(patient.diagnose(name), expected)


def test_a_vhost_that_is_not_there_is_found(patient: Patient) -> None:
    if not patient.running.has_rabbitmq:
        pytest.skip('Redis has no vhosts')
    name = patient.write(broker=patient.running.broker_url.rsplit('/', 1)[0] + '/nowhere')
    assert_only(patient.diagnose(name), Entry.VHOST_NOT_FOUND)


@pytest.mark.parametrize(
    'rights',
    [
        None,
        {'configure': '.*', 'write': '^(?!celery$).*', 'read': '.*'},
        {'configure': '^$', 'write': '^$', 'read': '.*'},
    ],
    ids=['none', 'to a queue', 'to read'],
)
def test_missing_permissions_are_found(patient: Patient, rights: dict[str, str] | None) -> None:
    running = patient.running
    if not running.has_rabbitmq:
        pytest.skip('Redis has no permissions of this kind')
    api, credentials = management(running)
    address, _, vhost = running.broker_url.rpartition('/')
    user = f'user-{uuid.uuid4().hex[:8]}'
    body = {'password': 'pass', 'tags': 'administrator'}
    request(f'{api}users/{user}', credentials, 'PUT', json.dumps(body))
    try:
        if rights is not None:
            where = f'{api}permissions/{vhost}/{user}'
            request(where, credentials, 'PUT', json.dumps(rights))
        broker = f'amqp://{user}:pass@{address.rpartition("@")[2]}/{vhost}'
        assert_only(patient.diagnose(patient.write(broker=broker)), Entry.PERMISSIONS)
    finally:
        request(f'{api}users/{user}', credentials, 'DELETE')


def test_an_alarm_of_rabbitmq_is_found(patient: Patient) -> None:
    running = patient.running
    if running.backend != 'native':
        pytest.skip('needs rabbitmqctl on this machine')
    api, credentials = management(running)

    def has_alarm() -> bool:
        return '"mem_alarm":true' in http.request(f'{api}nodes', credentials)[1]

    rabbitmqctl(running.programs, 'set_vm_memory_high_watermark', '0')
    try:
        # It looks at its memory once a second.
        assert wait_until(has_alarm, READY_SECONDS)
        seen = patient.diagnose(patient.write())
        name = patient.write()
        # Without the management API RabbitMQ's own word for it is there.
        told = diagnose(patient.folder, '-A', name, '--management', 'http://localhost:1')
    finally:
        rabbitmqctl(running.programs, 'set_vm_memory_high_watermark', '0.4')
    assert_only(seen, Entry.ALARM)
    assert_only(told, Entry.ALARM)


def test_a_waiting_task_that_no_worker_knows_is_found(patient: Patient) -> None:
    if patient.running.has_rabbitmq:
        pytest.skip('RabbitMQ shows no message without marking it')
    queue, end = f'queue-{uuid.uuid4().hex[:8]}', patient.folder / 'end'
    app = patient.write(WAIT)
    with patient.caller() as caller, patient.worker(app, f'-Q {queue} --prefetch-multiplier=1'):
        # Two run and two are reserved: what comes behind them is there to see.
        for _ in range(4):
            caller.send_task('wait', (str(end),), queue=queue)
        with redis.Redis.from_url(patient.running.broker_url) as client:
            assert wait_until(lambda: client.llen(queue) == 0, READY_SECONDS)
            caller.send_task('strange', queue=queue)
            report = patient.diagnose(patient.write())
            end.touch()
            left = ('unacked', queue)
            assert wait_until(lambda: not client.exists(*left), READY_SECONDS)
    assert_only(report, Entry.UNREGISTERED_TASK)


def test_unacknowledged_messages_are_found(patient: Patient) -> None:
    if patient.running.has_rabbitmq:
        pytest.skip('RabbitMQ gives back what a dead worker had')
    with redis.Redis.from_url(patient.running.broker_url) as client:
        client.zadd('unacked_index', {'of-a-dead-worker': time.time() - 7200})
        report = patient.diagnose(patient.write())
        client.zrem('unacked_index', 'of-a-dead-worker')
    assert_only(report, Entry.UNACKNOWLEDGED)


def test_a_countdown_that_the_broker_does_not_wait_for_is_found(patient: Patient) -> None:
    with patient.caller() as caller, patient.worker(patient.write(), '-Q later') as node:
        caller.send_task('hello', ('Bob',), queue='later', countdown=7200)
        waits = caller.control.inspect([node], timeout=1.0)
        assert wait_until(lambda: bool((waits.scheduled() or {}).get(node)), READY_SECONDS)
        report = patient.diagnose(patient.write())
    # A worker that ends gives it back.
    with patient.caller() as caller, caller.connection_for_read() as connection:
        connection.SimpleQueue('later').get(timeout=READY_SECONDS).ack()
    expected = set() if patient.running.backend == 'compose' else {Entry.ETA_TOO_FAR}
    assert entries(report, 'fault', 'warning') == expected


def test_two_workers_of_one_name_are_found(patient: Patient) -> None:
    if patient.running.has_rabbitmq:
        pytest.skip('RabbitMQ refuses the second one')
    name = patient.write()
    with patient.worker(name, node=patient.node):
        assert_only(patient.diagnose(name), Entry.DUPLICATE_NODES)


def test_a_setting_that_comes_too_late_is_found(one_patient: Patient) -> None:
    name = one_patient.write()
    with one_patient.worker(name, '-- worker_prefetch_multiplier=1'):
        report = one_patient.diagnose(name)
    assert_only(report, Entry.DIFFERENT_SETTINGS, Entry.SETTING_IGNORED)
    assert checks(report, 'fault') == {'ignored settings'}


def test_a_clock_that_differs_is_found(one_patient: Patient) -> None:
    lines = (
        'from celery.events import dispatcher, event\n\n'
        'import time\n\n'
        'def ahead(*args, **fields):\n'
        '    return event.Event(*args, timestamp=time.time() + 60, **fields)\n\n'
        'dispatcher.EventDispatcher._prepare_event.__globals__["Event"] = ahead\n'
        'dispatcher.EventDispatcher.send.__defaults__ = tuple(\n'
        '    ahead if value is event.Event else value\n'
        '    for value in dispatcher.EventDispatcher.send.__defaults__\n'
        ')\n'
    )
    with one_patient.worker(one_patient.write(lines)):
        report = one_patient.diagnose(one_patient.write())
    assert_only(report, Entry.CLOCKS_DIFFER)


def test_two_beats_and_flower_without_events_are_found(one_patient: Patient) -> None:
    name = one_patient.write()
    environment = reader_environment()
    started = [
        one_patient.start(
            f'exec celery -A {name} beat -l info --pidfile= -s beat-{number}',
            environment,
            one_patient.folder,
        )
        for number in range(2)
    ]
    flower = f'exec celery -A {name} flower --address={LOOPBACK} --port={free_port()}'
    started.append(one_patient.start(flower, environment, one_patient.folder))
    for terminal in started[:2]:
        terminal.wait_for('beat: Starting...', READY_SECONDS)
    started[2].wait_for('Visit me at', READY_SECONDS)
    report = one_patient.diagnose(name)
    for terminal in started:
        terminal.kill()
    assert_only(report, Entry.EVENTS_OFF, Entry.TWO_BEATS)


@contextlib.contextmanager
def listening(context: ssl.SSLContext | None = None, most: int = 20) -> Iterator[int]:
    """A server that says nothing, or nothing without TLS; it lets in no more than some."""
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        listener.listen(most)
        kept: list[socket.socket] = []

        def answer(connection: socket.socket, context: ssl.SSLContext) -> None:
            with contextlib.suppress(OSError):
                kept.append(context.wrap_socket(connection, server_side=True))

        def serve(context: ssl.SSLContext) -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(target=answer, args=(connection, context), daemon=True).start()

        if context:
            threading.Thread(target=serve, args=(context,), daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        for connection in kept:
            connection.close()


@contextlib.contextmanager
def black_hole() -> Iterator[int]:
    """A port that answers no attempt to connect: the queue of those who wait is full."""
    with listening(most=0) as port, contextlib.ExitStack() as waiting:
        for _ in range(3):
            caller = waiting.enter_context(socket.socket())
            caller.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                caller.connect((LOOPBACK, port))
        yield port


@pytest.mark.parametrize('scheme', ['amqp', 'redis'])
@pytest.mark.parametrize('silent', [listening, black_hole], ids=['accepts', 'does not accept'])
def test_a_server_that_says_nothing_is_given_up(
    one_patient: Patient, scheme: str, silent: Any
) -> None:
    with silent() as port:
        name = one_patient.write(
            broker=f'{scheme}://{LOOPBACK}:{port}/', results=f'redis://{LOOPBACK}:{port}/0'
        )
        report = one_patient.diagnose(name)
    assert_only(report, Entry.NO_ANSWER)
    assert checks(report, 'fault') == {'broker', 'results'}
    assert report['seconds'] < HUNG_SECONDS


@pytest.mark.parametrize('scheme', ['amqp', 'redis'])
def test_a_server_that_wants_tls_is_recognised(
    one_patient: Patient, tmp_path: Path, scheme: str
) -> None:
    certificate = tmp_path / 'both.pem'
    command = ['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost']
    subprocess.run(
        [*command, '-keyout', certificate, '-out', tmp_path / 'certificate.pem'],
        check=True,
        capture_output=True,
    )
    with certificate.open('a') as both:
        both.write((tmp_path / 'certificate.pem').read_text())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with listening(context) as port:
        report = one_patient.diagnose(one_patient.write(broker=f'{scheme}://{LOOPBACK}:{port}/'))
    assert_only(report, Entry.TLS_WANTED)


def test_a_redis_with_a_password_and_without_memory(one_patient: Patient, session: Session) -> None:
    url = key_value_server.start(embedded.find_binary(), session, 'secret')
    bare = url.replace(':secret@', '')
    report = one_patient.diagnose(one_patient.write(broker=bare))
    assert_only(report, Entry.PASSWORD_NEEDED)
    with redis.Redis.from_url(url) as client:
        client.config_set('maxmemory', '1')
        report = one_patient.diagnose(one_patient.write(broker=url))
        client.config_set('maxmemory', '0')
    assert Entry.REDIS_FULL in entries(report, 'fault')
    assert 'secret' not in json.dumps(report)


@pytest.mark.parametrize(
    'options',
    [
        ('--folder', '/nowhere'),
        ('--python', '/nowhere'),
        ('--management', 'nowhere'),
        ('--nothing',),
    ],
    ids=' '.join,
)
def test_a_bad_option_is_refused(options: tuple[str, ...]) -> None:
    command = [sys.executable, '-m', 'playground', 'doctor', *options]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=SECONDS)
    assert ended.returncode == 2
    assert 'Traceback' not in ended.stderr
    assert ended.stderr.strip()


def test_lines_say_what_to_type_next(tmp_path: Path) -> None:
    options = {'APP': 'no$HOME"pe', 'FOLDER': str(tmp_path)}
    ended = subprocess.run(
        ['make', '-s', 'doctor', *(f'{name}={value}' for name, value in options.items())],
        cwd=REPOSITORY,
        env={**os.environ, 'PYTHON': sys.executable},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert ended.returncode != 0
    assert 'fault    app' in ended.stdout
    assert 'no$HOME"pe' in ended.stdout
    assert f'({Entry.APP_NOT_FOUND.address}):' in ended.stdout
