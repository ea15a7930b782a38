"""What a reader can get wrong: one clear sentence, exit status 2, nothing left, nothing lost."""

import signal
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from playground.ports import LOOPBACK, free_port
from playground.services.running import Services
from tests.live.launcher import Launcher

OLD_PYTHON = """
import runpy, sys
sys.version_info = (3, 10, 14, 'final', 0)
sys.argv = ['playground', 'demo']
runpy.run_module('playground', run_name='__main__')
"""


def assert_refused(launcher: Launcher, *sentence: str) -> None:
    """The command ends with status 2 and a sentence that has all these parts."""
    assert launcher.wait() == 2, launcher.output
    last = next(line for line in launcher.output.splitlines() if line.startswith('playground: '))
    for part in sentence:
        assert part in last
    assert 'Traceback (most recent call last)' not in launcher.output.split('its last lines')[0]
    launcher.assert_nothing_is_left()


def at(services: Services) -> dict[str, str]:
    """The variables that tell at which ports a back-end really listens."""
    ports = {
        'NOTES_RABBITMQ_PORT': urlsplit(services.broker_url).port,
        'NOTES_REDIS_PORT': urlsplit(services.result_backend).port,
        'NOTES_MANAGEMENT_PORT': urlsplit(services.management_url or '').port,
        'NOTES_FLOWER_PORT': free_port(),
    }
    return {name: str(port) for name, port in ports.items()}


def edit(launcher: Launcher, changes: dict[str, str], name: str = 'docker-compose.yml') -> None:
    path = launcher.repository / name
    text = path.read_text()
    for before, after in changes.items():
        assert before in text
        text = text.replace(before, after)
    path.write_text(text)


def test_python_is_too_old(launcher: Launcher) -> None:
    launcher.start(sys.executable, '-c', OLD_PYTHON)
    assert_refused(launcher, 'this is Python 3.10, and the notes need 3.11 or newer')


def test_there_is_no_such_backend(launcher: Launcher) -> None:
    launcher.playground('demo', '--backend', 'embeded')
    assert_refused(
        launcher, "there is no back-end 'embeded': choose one of compose, native, embedded"
    )


def test_there_is_no_such_canvas(launcher: Launcher) -> None:
    launcher.playground('timeline', 'cord')
    assert_refused(launcher, "there is no canvas 'cord' in vege4.py: choose one of chain, group")


def test_native_servers_are_not_installed(launcher: Launcher, tmp_path: Path) -> None:
    (tmp_path / 'bash').symlink_to('/bin/bash')
    launcher.playground('demo', '--backend', 'native', variables={'PATH': str(tmp_path)})
    assert_refused(launcher, 'the native back-end needs', 'redis-server: install them')


def test_flowers_port_is_taken(launcher: Launcher) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        port = other.getsockname()[1]
        launcher.playground('play', '--backend', 'embedded', '--flower-port', str(port))
        assert_refused(launcher, f'port {port}', 'is taken', 'FLOWER_PORT=')


def test_a_port_is_a_number_that_exists(launcher: Launcher) -> None:
    launcher.playground('play', '--flower-port', '99999')
    assert launcher.wait() == 2
    assert "a port is a number from 1 to 65535, not '99999'" in launcher.output


def test_package_index_cannot_be_reached(launcher: Launcher) -> None:
    (launcher.repository / '.venv').unlink()
    index = f'http://{LOOPBACK}:{free_port()}/simple'
    nowhere = {'PIP_INDEX_URL': index, 'PIP_EXTRA_INDEX_URL': '', 'PIP_CONFIG_FILE': '/dev/null'}
    launcher.playground('demo', variables=nowhere)
    assert_refused(launcher, 'the package index cannot be reached, so nothing was installed')


@pytest.mark.parametrize(
    'changes',
    [
        {'RABBITMQ_DEFAULT_VHOST: ${NOTES_VHOST:-celery_vhost}': ''},
        {'"127.0.0.1:${NOTES_REDIS_PORT:-6379}:6379"': '{target: 6379, published: 6379}'},
        {'"127.0.0.1:${NOTES_REDIS_PORT:-6379}:6379"': '"6379"'},
        {'services:\n': 'services: none\n'},
        {'name: celery-notes': 'name: [celery'},
    ],
)
def test_docker_compose_file_is_broken(launcher: Launcher, changes: dict[str, str]) -> None:
    edit(launcher, changes)
    launcher.playground('demo')
    assert_refused(launcher, 'docker-compose.yml cannot be used', 'git checkout')


def test_worker_does_not_come_up(launcher: Launcher) -> None:
    edit(launcher, {'from celery import Celery': 'from celery import Carrot'}, 'vege.py')
    launcher.playground('demo', '--backend', 'embedded')
    assert_refused(launcher, '`celery -A vege worker', 'ended with exit status 2', 'its last lines')
    assert "cannot import name 'Carrot'" in launcher.output


def test_broker_refuses_the_user(started: Services, launcher: Launcher) -> None:
    if not started.has_rabbitmq:
        pytest.skip('a Valkey server knows no user of the notes; native shows it')
    launcher.playground('demo', variables={**at(started), 'NOTES_PASSWORD': 'wrong'})
    assert_refused(launcher, 'refuses user celeryman', 'BACKEND=embedded')


def test_broker_has_no_such_vhost(started: Services, launcher: Launcher) -> None:
    if not started.has_rabbitmq:
        pytest.skip('a Valkey server knows no vhost; native shows it')
    variables = {**at(started), 'NOTES_VHOST': 'nope'}
    launcher.playground('demo', '--backend', 'compose', variables=variables)
    assert_refused(launcher, 'refuses user celeryman at vhost nope', 'BACKEND=embedded')


def test_broker_answers_but_no_redis(started: Services, launcher: Launcher) -> None:
    if not started.has_rabbitmq:
        pytest.skip('needs a RabbitMQ; native has one')
    launcher.playground('demo', variables={**at(started), 'NOTES_REDIS_PORT': str(free_port())})
    assert_refused(launcher, 'answers, but no Redis on', 'docker compose up -d --wait')


def test_redis_asks_for_a_password(
    started: Services, embedded: Services, launcher: Launcher
) -> None:
    if not started.has_rabbitmq:
        pytest.skip('needs a RabbitMQ; native has one')
    port = str(urlsplit(embedded.result_backend).port)
    launcher.playground('demo', variables={**at(started), 'NOTES_REDIS_PORT': port})
    assert_refused(launcher, f'the Redis on {LOOPBACK}:{port} asks for a password')


def test_services_that_answer_are_taken(started: Services, launcher: Launcher) -> None:
    if not started.has_rabbitmq:
        pytest.skip('needs a RabbitMQ; native has one')
    launcher.playground('demo', variables=at(started))
    assert launcher.wait(90) == 0, launcher.output
    assert f'compose: {started.description}' in launcher.output
    launcher.assert_nothing_is_left()


def test_another_server_on_the_brokers_port_is_left_alone(launcher: Launcher) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        port = other.getsockname()[1]
        launcher.playground('demo', variables={'NOTES_RABBITMQ_PORT': str(port)})
        launcher.wait_for('embedded: Valkey')
        launcher.signal(signal.SIGTERM)
        assert launcher.wait() == 128 + signal.SIGTERM
    launcher.assert_nothing_is_left()
