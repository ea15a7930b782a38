"""A small part of make faults, on RabbitMQ: a kill that loses tasks loses none with vege5.py."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lab.faults.experiments import FAULTS
from lab.faults.servers import brokers_of
from lab.faults.trial import Size, Trial
from playground.session import Session
from tests.backends import BACKENDS
from tests.fresh_services import fresh

SEED = 1
# So long that a machine with much to do kills in the middle of a task, too.
SECONDS = 1.5

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(request: pytest.FixtureRequest, session: Session) -> Iterator[Run]:
    """Run one fault with one profile; tasks take so long before, or after, their effect."""
    if 'native' not in request.config.stash[BACKENDS]:
        pytest.skip('needs the RabbitMQ of this machine, and native is not among the back-ends')
    with fresh(request.getfixturevalue('native')) as running:
        rabbitmq, _ = brokers_of(running)

        def run(name: str, profile: str, strikes: int) -> dict[str, Any]:
            fault = FAULTS[name]
            longer = dataclasses.replace(
                fault,
                before=SECONDS if fault.before else 0,
                after=SECONDS if fault.after else 0,
            )
            size = Size(strikes, tasks=6)
            return Trial(session, rabbitmq, longer, profile, size, SEED).run()

        yield run


def test_celerys_own_settings_lose_tasks(run: Run) -> None:
    row = run('worker-killed-before', 'default', strikes=1)
    assert row['accepted'] == 6
    # Each process of the pool had a task.
    assert 1 <= row['lost'] <= 4
    assert row['executed'] == 6 - row['lost']
    assert row['duplicated'] == 0


def test_vege5_loses_none(run: Run) -> None:
    row = run('worker-killed-before', 'vege5', strikes=1)
    assert row['accepted'] == row['executed'] == 6
    assert row['lost'] == row['unexpected'] == row['duplicated_once'] == 0
    assert row['interrupted'] >= 1


def test_vege5_runs_tasks_twice_and_a_key_makes_it_once(run: Run) -> None:
    row = run('worker-killed-after', 'vege5', strikes=1)
    assert row['accepted'] == row['executed'] == 6
    assert row['lost'] == row['unexpected'] == 0
    assert row['duplicated'] >= 1
    assert row['duplicated_once'] == 0
