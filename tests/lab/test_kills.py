"""A small part of make faults, on RabbitMQ: a kill that loses tasks loses none with vege5.py."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery import Celery

from lab import servers
from lab.faults.experiments import FAULTS
from lab.faults.fault import Scene
from lab.faults.trial import Size, Trial
from playground.session import Session
from playground.waiting import wait_until
from tests.backends import skip_without_native
from tests.live import running_tasks

SEED = 1
TASKS = 4
# So long that a machine with much to do kills in the middle of a task, too.
SECONDS = 5.0
ANSWER_SECONDS = 30.0

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(request: pytest.FixtureRequest, session: Session) -> Iterator[Run]:
    """Run one fault with one profile; tasks take so long before, or after, their effect."""
    skip_without_native(request.config)
    rabbitmq = servers.start(session, servers.RABBITMQ)

    def run(name: str, profile: str) -> dict[str, Any]:
        fault = FAULTS[name]

        def strike(scene: Scene) -> None:
            # A task notes its start before its worker has acknowledged it.
            assert wait_until(lambda: bool(running_tasks.running(caller)), ANSWER_SECONDS)
            fault.strike(scene)

        longer = dataclasses.replace(
            fault,
            strike=strike,
            before=SECONDS if fault.before else 0,
            after=SECONDS if fault.after else 0,
        )
        size = Size(strikes=1, tasks=TASKS)
        return Trial(session, rabbitmq, longer, profile, size, SEED).run()

    with Celery('caller', broker=rabbitmq.broker_url, set_as_current=False) as caller:
        yield run


def test_celerys_own_settings_lose_tasks(run: Run) -> None:
    row = run('worker-killed-before', 'default')
    assert row['accepted'] == TASKS
    assert row['lost'] >= 1
    assert row['executed'] == TASKS - row['lost']
    assert row['duplicated'] == 0


def test_vege5_loses_none(run: Run) -> None:
    row = run('worker-killed-before', 'vege5')
    assert row['accepted'] == row['executed'] == TASKS
    assert row['lost'] == row['unexpected'] == row['duplicated_once'] == 0
    assert row['interrupted'] >= 1


def test_vege5_runs_tasks_twice_and_a_key_makes_it_once(run: Run) -> None:
    row = run('worker-killed-after', 'vege5')
    assert row['accepted'] == row['executed'] == TASKS
    assert row['lost'] == row['unexpected'] == 0
    assert row['duplicated'] >= 1
    assert row['duplicated_once'] == 0
