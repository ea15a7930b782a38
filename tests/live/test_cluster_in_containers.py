"""A node of docker-compose.cluster.yml is killed: production.md, chapter 11."""

import re
from collections.abc import Callable, Iterator

import pytest
import redis

from playground.cluster import own_cluster
from playground.session import Session
from playground.terminal import Terminal, reader_environment
from playground.waiting import wait_until
from tests.live.conftest import terminals

UP_SECONDS = 300.0
SECONDS = 120.0
TASKS = 600
COMPOSE = 'docker compose -f docker-compose.cluster.yml'

Type = Callable[[str], Terminal]


@pytest.fixture
def environment(engine_session: Session) -> dict[str, str]:
    return {**reader_environment(), **own_cluster(engine_session).variables}


@pytest.fixture
def type_(engine_session: Session, environment: dict[str, str]) -> Iterator[Type]:
    """Type a command; the cluster is up."""
    with terminals(engine_session) as start:
        up = start(f'{COMPOSE} up -d --wait', environment)
        assert up.wait(UP_SECONDS) == 0, up.last_words()
        yield lambda command: start(command, environment)


def run(type_: Type, command: str) -> str:
    ended = type_(command)
    assert ended.wait(SECONDS) == 0, ended.last_words()
    return ended.output


def workers(type_: Type, template: str) -> list[str]:
    listed = f'$({COMPOSE} ps --all --quiet worker)'
    return run(type_, f"docker inspect --format '{template}' {listed}").split()


def test_a_node_is_killed_and_no_accepted_task_is_lost(
    type_: Type, environment: dict[str, str]
) -> None:
    before = workers(type_, '{{.State.StartedAt}}')
    program = type_(f'python -m examples.cluster {TASKS}')
    with redis.Redis.from_url(environment['CELERY_RESULT_BACKEND']) as client:
        # A task is done, so this much was sent, and more is being sent.
        assert wait_until(lambda: len(client.keys('*-*-*-*-*')) == 1, SECONDS)
        run(type_, f'{COMPOSE} kill rabbitmq-1')
        assert 'accepted' not in program.output
    assert program.wait(SECONDS) == 0, program.last_words()
    assert f'accepted {TASKS}, ' in program.output
    assert re.search('lost 0, done more than once [0-9]+', program.output)
    # The workers are the same processes as before, and can still be asked.
    assert workers(type_, '{{.State.StartedAt}}') == before
    ping = 'celery -A examples.cluster inspect ping --timeout 10 || true'
    assert wait_until(lambda: run(type_, ping).count('pong') == 2, SECONDS)
