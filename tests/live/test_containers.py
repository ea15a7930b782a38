"""What a container's end and limits do to a worker: production.md, chapter 7, row by row."""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from celery.exceptions import WorkerLostError
from celery.result import AsyncResult

from playground import compose_file, docker
from playground.services.running import Services
from playground.virtual_environment import REPOSITORY
from playground.waiting import wait_until
from tests.live.engine import Engine, skip_without_engine
from tests.live.running_tasks import running
from tests.page_tables import table

SECONDS = 60.0
APP = 'examples.in_a_container'
QUEUE = 'in_a_container'
# A task that is not over before the test is, and a short one.
LONG, SHORT = 600.0, 2.0
# Seconds from SIGTERM to SIGKILL: too few, and enough for a warm and for a soft shutdown.
TOO_SHORT, GRACE = 2, {False: 6, True: 30}
TIME_OUT = 3

WORKER = f'celery -A {APP} worker -l info -c 1 --without-gossip --without-mingle'
# The page's two ways to have a soft shutdown.
BY_VARIABLE = {'environment': {'REMAP_SIGTERM': 'SIGQUIT'}}
BY_SIGNAL = {'stop_signal': 'SIGQUIT'}
COMMANDS: Mapping[str, Mapping[str, Any]] = {
    'celery': {'command': WORKER.split()},
    "sh -c 'celery'": {'command': ['sh', '-c', WORKER]},
    "sh -c 'exec celery'": {'command': ['sh', '-c', f'exec {WORKER}']},
    "sh -c 'celery', init: true": {'command': ['sh', '-c', WORKER], 'init': True},
    'celery, soft shutdown': {
        'command': [*WORKER.split(), '--', f'worker_soft_shutdown_timeout={TIME_OUT}'],
    },
}
STOPS = table("container's command", 'grace period', 'task', 'its end', 'status')
LIMITS = table('limit of the container', 'processes by default', 'with -c auto')


class Container:
    """A worker in a container of its own, beside the services of a project.

    Attributes:
        engine: takes what is typed to Docker.
        name: the container's.
    """

    def __init__(self, engine: Engine, file: Path, **service: Any) -> None:
        self.engine = engine
        name = file.stem
        self.name = f'{engine.name}-{name}-1'
        environment = {**service.pop('environment', {}), **credentials(engine)}
        described = {'image': f'{engine.name}-worker', 'environment': environment, **service}
        file.write_text(json.dumps({'services': {name: described}}))
        self.compose = f'docker compose -f docker-compose.yml -f {file}'
        self.service = name
        engine.type(f'{self.compose} up -d --no-deps {name}')
        self.wait_for(' ready.')

    def log(self) -> str:
        return self.engine.type(f'docker logs {self.name} 2>&1')

    def wait_for(self, text: str) -> None:
        assert wait_until(lambda: text in self.log(), SECONDS), self.log()

    def stop(self) -> None:
        self.engine.type(f'{self.compose} stop {self.service}')

    def state(self, of: str) -> str:
        return self.engine.type(f"docker inspect -f '{{{{.State.{of}}}}}' {self.name}").strip()

    def run(self, command: str) -> tuple[str, int]:
        """Type a command in it; its output and its exit status."""
        quoted = f"docker exec {self.name} sh -c '{command} 2>&1; echo $?'"
        *lines, status = self.engine.type(quoted).splitlines()
        return '\n'.join(lines), int(status)

    def remove(self) -> None:
        self.engine.type(f'docker rm --force {self.name}')


def credentials(engine: Engine) -> dict[str, str]:
    settings = compose_file.read(choices=engine.choices)
    return {
        'NOTES_USER': settings.user,
        'NOTES_PASSWORD': settings.password,
        'NOTES_VHOST': settings.vhost,
    }


@pytest.fixture(scope='module')
def services(request: pytest.FixtureRequest) -> Services:
    skip_without_engine(request.config)
    services: Services = request.getfixturevalue('compose')
    return services


@pytest.fixture(scope='module')
def engine(services: Services) -> Engine:
    """The project of this process; its image for the worker has the layers of Flower's."""
    project = docker.Project(services.choices['COMPOSE_PROJECT_NAME'], services.choices)
    engine = Engine(project, REPOSITORY)
    engine.type('docker compose build worker')
    return engine


@pytest.fixture
def caller(services: Services) -> Iterator[Celery]:
    """On the vhost and the database that containers use, with an empty queue."""
    vhost = compose_file.read(choices=services.choices).vhost
    broker = services.broker_url.rsplit('/', 1)[0] + f'/{vhost}'
    app = Celery('caller', broker=broker, backend=services.result_backend, set_as_current=False)
    with app.connection_for_write() as connection:
        connection.default_channel.queue_declare(QUEUE, durable=True, auto_delete=False)
        connection.default_channel.queue_purge(QUEUE)
    yield app
    with app.connection_for_write() as connection:
        connection.default_channel.queue_delete(QUEUE)
    app.close()


@pytest.fixture
def start(engine: Engine, caller: Celery, tmp_path: Path) -> Iterator[Any]:
    with contextlib.ExitStack() as stack:

        def start(**service: Any) -> Container:
            container = Container(engine, tmp_path / f'row-{os.getpid()}.json', **service)
            stack.callback(container.remove)
            return container

        yield start


def send(caller: Celery, task: str, *args: float) -> AsyncResult:
    return caller.send_task(f'{APP}.{task}', args, queue=QUEUE)


def wait_until_it_runs(caller: Celery, result: AsyncResult) -> None:
    assert wait_until(lambda: result.id in running(caller), SECONDS)


def queue(caller: Celery) -> tuple[int, int]:
    """How many messages wait in the queue, and how many workers read it."""
    with caller.connection_for_read() as connection:
        found = connection.default_channel.queue_declare(QUEUE, passive=True)
        return found.message_count, found.consumer_count


@pytest.mark.parametrize('row', STOPS, ids=lambda row: ' '.join(row[:3]))
def test_docker_stop_during_a_task(start: Any, caller: Celery, row: list[str]) -> None:
    command, grace, kind, end, status = row
    is_soft = 'soft' in command
    is_enough = grace != 'too short'
    how = {} if not is_soft else BY_VARIABLE if is_enough else BY_SIGNAL
    is_short = grace == 'longer than the task' or 'shorter than' in kind
    # What is lost at once must not be over before the signal comes; its status tells the rest.
    seconds = SHORT if is_short and end != 'lost at once' else LONG
    stop_grace_period = f'{GRACE[is_soft] if is_enough else TOO_SHORT}s'
    container = start(**COMMANDS[command], **how, stop_grace_period=stop_grace_period)
    task = 'wrap_late' if 'acks_late' in kind else 'wrap'
    result = send(caller, task, seconds)
    wait_until_it_runs(caller, result)
    following = send(caller, 'wrap', LONG) if 'next one' in end else None
    container.stop()
    assert container.state('ExitCode') == status
    assert ('Warm shutdown' in container.log()) == (command in ('celery', "sh -c 'exec celery'"))
    assert ('Initiating Soft Shutdown' in container.log()) == is_soft
    expected = (1 if end == 'comes back' else 0, 0)
    assert wait_until(lambda: queue(caller) == expected, SECONDS), queue(caller)
    assert result.successful() == end.startswith('finished')
    if following:
        assert f'[{following.id}] received' in container.log()
        assert following.state == 'PENDING'
    if end.startswith('lost'):
        assert result.state == ('RETRY' if is_soft else 'PENDING')


def test_bash_replaces_itself_and_dash_does_not(engine: Engine) -> None:
    show = f'{engine.name}-worker -c "cat /proc/1/cmdline"'
    for shell, first in ('bash', 'cat'), ('dash', 'dash'):
        printed = engine.type(f'docker run --rm --entrypoint {shell} {show}')
        assert printed.split('\0')[0] == first


@pytest.mark.parametrize('row', LIMITS, ids=lambda row: row[0])
def test_how_many_processes(engine: Engine, row: list[str]) -> None:
    limit, *expected = row
    machine = engine.type("docker info --format '{{.NCPU}}'").strip()
    ask = (
        'from vege import app; print(*[app.Worker(concurrency=c).concurrency for c in (0, "auto")])'
    )
    option = '' if limit == 'none' else limit
    printed = engine.type(
        f"docker run --rm {option} --entrypoint python {engine.name}-worker -c '{ask}'"
    )
    wanted = [machine if cell == "the machine's" else cell for cell in expected]
    assert printed.split() == [str(min(int(number), int(machine))) for number in wanted]


def test_the_oom_killer_takes_the_process_of_the_task(start: Any, caller: Celery) -> None:
    container = start(command=WORKER.split(), mem_limit='200m', memswap_limit='200m')
    with pytest.raises(WorkerLostError, match=r'signal 9 \(SIGKILL\)'):
        send(caller, 'keep', 400).get(timeout=SECONDS)
    assert send(caller, 'keep', 1).get(timeout=SECONDS) == 1
    assert container.state('Running') == 'true'
    # Tasks that leak: the next test has the cure.
    leaks = [send(caller, 'keep', 100) for _ in range(2)]
    assert leaks[0].get(timeout=SECONDS) == 2
    with pytest.raises(WorkerLostError):
        leaks[1].get(timeout=SECONDS)


def test_processes_that_are_replaced_stay_below_the_limit(start: Any, caller: Celery) -> None:
    command = [*WORKER.split(), '--max-memory-per-child=80000']
    start(command=command, mem_limit='200m', memswap_limit='200m')
    leaks = [send(caller, 'keep', 100) for _ in range(2)]
    assert [result.get(timeout=SECONDS) for result in leaks] == [1, 1]


HEALTH = 'python -m containers.health'
PING = f'python -m containers.entrypoint celery -A {APP} inspect ping -d celery@$HOSTNAME'


def test_a_probe_while_the_broker_is_away(start: Any, engine: Engine, caller: Celery) -> None:
    container = start(
        command=[*WORKER.split(), '-I', 'containers.heartbeat'],
    )
    try:
        assert wait_until(lambda: container.run('test -e /tmp/heartbeat')[1] == 0, SECONDS)
        assert container.run(HEALTH) == ('', 0)
        assert container.run(PING)[1] == 0
        engine.type('docker compose stop rabbitmq')
        assert container.run(PING)[1] == 69
        late = 'python -c "from containers.health import *; sys.exit(not heartbeat_is_late())"'
        assert wait_until(lambda: container.run(late)[1] == 0, SECONDS)
        assert container.run(HEALTH) == ('', 0)
    finally:
        engine.type('docker compose up -d --wait rabbitmq')
    assert send(caller, 'wrap', 0).get(timeout=SECONDS) == 'wrapped'
    assert container.state('Running') == 'true'


def test_no_probe_suits_the_solo_pool(start: Any, caller: Celery) -> None:
    container = start(command=[*WORKER.split(), '-P', 'solo', '-I', 'containers.heartbeat'])
    assert wait_until(lambda: container.run(HEALTH)[1] == 0, SECONDS)
    send(caller, 'wrap', LONG)
    container.wait_for('wrapping for')
    assert wait_until(lambda: container.run(HEALTH)[1] == 1, SECONDS)
    assert 'No nodes replied' in container.run(PING)[0]
