"""What Docker says, and what a container does not find: troubleshooting.md."""

import socket

import pytest

from playground import docker
from playground.ports import LOOPBACK
from playground.services.running import Services
from playground.virtual_environment import REPOSITORY
from tests.live.engine import Engine, skip_without_engine

ALLOCATED = 'failed: port is already allocated'
IN_USE = 'bind: address already in use'
NO_ENGINE = (
    'Cannot connect to the Docker daemon at unix:///nonexistent.sock. Is the docker daemon running?'
)
OBSOLETE = 'the attribute `version` is obsolete, it will be ignored'
REFUSED = '[Errno 111] Connection refused'
NOBODY = 'Error: No nodes replied within time constraint'

OLD_FILE = 'version: "3.4"\\nservices:\\n  redis:\\n    image: redis\\n'


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Engine:
    """The services of this run."""
    skip_without_engine(request.config)
    services: Services = request.getfixturevalue('compose')
    name = services.choices['COMPOSE_PROJECT_NAME']
    return Engine(docker.Project(name, services.choices), REPOSITORY)


def said(engine: Engine, command: str) -> str:
    """Type a command that fails, and return what it says."""
    return engine.type(f'! {command} 2>&1')


def test_what_docker_says(engine: Engine) -> None:
    image = engine.inspect('redis', '{{.Config.Image}}')[0]
    run = f'docker run --rm --publish {LOOPBACK}:%s:6379 {image} true'
    assert ALLOCATED in said(engine, run % engine.choices['NOTES_REDIS_PORT'])
    with socket.create_server((LOOPBACK, 0)) as other:
        assert IN_USE in said(engine, run % other.getsockname()[1])
    engine.type(run.replace(':%s:', '::'))

    assert NO_ENGINE in said(engine, 'docker -H unix:///nonexistent.sock ps')
    engine.type('docker ps')

    config = 'docker compose -f - config 2>&1'
    assert OBSOLETE in engine.type(f"printf '{OLD_FILE}' | {config}")
    assert OBSOLETE not in engine.type(f"printf '{OLD_FILE}' | tail -n 3 | {config}")


def test_localhost_in_a_container_is_the_container(engine: Engine) -> None:
    inside = 'docker compose exec -T flower'
    ping = 'celery %s inspect ping -t 0.1'
    assert REFUSED in said(engine, f'{inside} {ping % "-b amqp://localhost:5672//"}')
    right = f'{inside} python -m containers.entrypoint {ping % ""}'
    assert said(engine, right).endswith(f'{NOBODY}\n')
