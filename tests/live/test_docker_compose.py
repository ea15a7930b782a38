"""docker-compose.yml as a reader types it: down and up again, a broken broker, its profiles."""

import fcntl
import re
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery

from playground import compose_file
from playground.docker import free_choices
from playground.ports import is_free
from playground.services.running import Services
from playground.session import Session
from playground.terminal import Terminal, reader_environment
from playground.waiting import wait_until
from tests.live.engine import Engine, own_engine
from tests.live.listeners import addresses_outside, refuses_from_outside
from tests.repository_copy import copy_repository

SECONDS = 60.0
# It may miss its heartbeat for ten, then three checks in a row.
UNHEALTHY_SECONDS = 120.0
CALL = """python -c "from vege import hello; print(hello.delay('Chris').get(timeout=30))" """


@pytest.fixture
def usual_ports() -> Iterator[None]:
    """Keep the ports of docker-compose.yml for one test at a time."""
    lock = Path(tempfile.gettempdir()) / 'celery-notes-usual-ports.lock'
    with lock.open('w') as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        taken = [port for port in compose_file.read().ports.values() if not is_free(port)]
        if taken:
            pytest.skip(f'another program has port {taken[0]}, which a reader’s commands need free')
        yield


@pytest.fixture
def reader(usual_ports: None, engine_session: Session) -> Engine:
    """A copy of the repository whose project is on the usual ports."""
    folder = copy_repository(engine_session.folder / 'notes')
    return own_engine(engine_session, {}, folder)


@pytest.fixture
def on_free_ports(engine_session: Session) -> Engine:
    """A copy of the repository whose project is on free ports."""
    folder = copy_repository(engine_session.folder / 'notes')
    return own_engine(engine_session, free_choices(), folder)


def test_down_keeps_messages_and_a_broken_broker_comes_back(
    reader: Engine, engine_session: Session
) -> None:
    """The apps' own addresses lead there: no variable is set."""
    environment = reader_environment()
    assert not any(name.startswith('CELERY_') for name in environment)
    folder = engine_session.folder / 'notes'

    reader.type('docker compose up -d --wait')
    listed = reader.type("docker compose ps --format '{{.Service}} {{.Health}}'").splitlines()
    assert sorted(listed) == ['flower healthy', 'rabbitmq healthy', 'redis healthy']
    command = 'celery -A vege worker -l info -n reader@%h'
    worker = Terminal(engine_session, 'worker', command, environment, folder)
    worker.wait_for(' ready.', SECONDS)
    call = Terminal(engine_session, 'call', CALL, environment, folder)
    assert call.wait(SECONDS) == 0
    assert call.output == 'hello Chris\n'

    began = reader.inspect('rabbitmq', '{{.State.StartedAt}}')
    kill = """docker compose exec rabbitmq rabbitmqctl eval 'erlang:halt(137, [{flush, false}]).'"""
    reader.type(f'{kill} || true')

    def is_healthy_again() -> bool:
        [since] = reader.inspect('rabbitmq', '{{.State.StartedAt}}')
        return since not in began and reader.health('rabbitmq') == ['healthy']

    assert wait_until(is_healthy_again, SECONDS)
    assert reader.inspect('rabbitmq', '{{.RestartCount}}') == ['1']
    assert wait_until(
        lambda: worker.output.count(': INFO/MainProcess] Connected to ') == 2, SECONDS
    )
    again = Terminal(engine_session, 'again', CALL, environment, folder)
    assert again.wait(SECONDS) == 0
    assert again.output == 'hello Chris\n'
    worker.kill()

    send = 'celery -A vege call vege.hello --queue=kept'
    assert Terminal(engine_session, 'send', send, environment, folder).wait(SECONDS) == 0
    reader.type('docker compose down')
    assert reader.containers() == []
    reader.type('docker compose up -d --wait')
    count = 'docker compose exec rabbitmq rabbitmqctl -q list_queues -p celery_vhost name messages'
    assert 'kept\t1\n' in reader.type(count).replace('\r', '')


def test_three_workers_share_the_work(on_free_ports: Engine) -> None:
    on_free_ports.type(
        'docker compose --profile worker up -d --wait --scale worker=3', NOTES_APP='examples.slow'
    )
    settings = compose_file.read(choices=on_free_ports.choices)
    with Celery(
        'caller',
        broker=settings.broker_url,
        backend=settings.result_backend,
        set_as_current=False,
    ) as caller:
        nodes = caller.control.ping(timeout=SECONDS, limit=3)
        assert len({name for node in nodes for name in node}) == 3
        results = [caller.send_task('examples.slow.wait', (0.5,), queue='slow') for _ in range(24)]
        assert [result.get(timeout=SECONDS) for result in results] == ['waited 0.5 s'] * 24
        logs = on_free_ports.type(
            'docker compose logs --no-color worker', COMPOSE_PROFILES='worker'
        )
        assert len(set(re.findall(r'(?m)^(worker-\d) .* succeeded in ', logs))) == 3

        last = caller.send_task('examples.slow.wait', (3,), queue='slow')
        assert wait_until(lambda: 'waits 3 s' in on_free_ports.type(LOGS), SECONDS)
        on_free_ports.type('docker compose --profile worker stop worker')
        assert last.get(timeout=SECONDS) == 'waited 3 s'
    assert on_free_ports.inspect('worker', '{{.State.ExitCode}}') == ['0'] * 3
    # A volume without a name would stay behind each worker, and nobody would find it.
    assert on_free_ports.inspect('worker', '{{len .Mounts}}') == ['0'] * 3
    assert on_free_ports.inspect('worker', '{{.HostConfig.ReadonlyRootfs}}') == ['true'] * 3
    user = 'docker compose --profile worker run --rm --entrypoint id worker --user'
    assert on_free_ports.type(user).strip() == '1000'


LOGS = 'docker compose --profile worker logs --no-color worker'


def test_a_worker_that_no_longer_beats_is_unhealthy(on_free_ports: Engine) -> None:
    on_free_ports.type('docker compose --profile worker up -d --wait')
    on_free_ports.type('docker compose --profile worker kill --signal STOP worker')
    assert wait_until(lambda: on_free_ports.health('worker') == ['unhealthy'], UNHEALTHY_SECONDS)
    on_free_ports.type('docker compose --profile worker kill --signal CONT worker')
    assert wait_until(lambda: on_free_ports.health('worker') == ['healthy'], SECONDS)


def test_one_beat_with_a_place_for_its_file(on_free_ports: Engine) -> None:
    up = 'docker compose --profile worker --profile beat up -d --wait'
    on_free_ports.type(up, NOTES_APP='vege1')
    beats = on_free_ports.inspect('beat', '{{.Id}}')
    on_free_ports.type(up, NOTES_APP='vege1')
    assert on_free_ports.inspect('beat', '{{.Id}}') == beats
    assert len(beats) == 1
    assert wait_until(lambda: ' succeeded in ' in on_free_ports.type(LOGS), SECONDS)
    files = on_free_ports.type('docker compose --profile beat exec beat ls /data')
    assert 'celerybeat-schedule' in files
    on_free_ports.type('docker compose --profile beat stop beat')
    assert on_free_ports.inspect('beat', '{{.State.ExitCode}}') == ['0']


def test_what_is_published_answers_on_loopback_only(started: Services) -> None:
    if not started.choices:
        pytest.skip('Docker publishes nothing here; compose shows it')
    ports = [int(port) for name, port in started.choices.items() if name.endswith('_PORT')]
    assert len(ports) == 4
    assert not any(is_free(port) for port in ports)
    assert refuses_from_outside(ports)


def test_a_server_on_all_addresses_would_be_found() -> None:
    if not addresses_outside():
        pytest.skip('this machine has no address but those of the loopback')
    with socket.create_server(('', 0)) as everywhere:
        assert not refuses_from_outside([everywhere.getsockname()[1]])
