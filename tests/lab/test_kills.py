"""A small part of make faults, on RabbitMQ: what loses tasks, and does not with vege5.py."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery import Celery

from lab import servers
from lab.faults import strikes
from lab.faults.app import SLOT_SECONDS
from lab.faults.experiments import FAULTS
from lab.faults.fault import Scene
from lab.faults.trial import Size, Trial
from playground.session import Session
from playground.waiting import wait_until
from tests.live import running_tasks

SEED = 1
TASKS = 4
# So long that a machine with much to do kills in the middle of a task, too.
SECONDS = 5.0
ANSWER_SECONDS = 30.0

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(session: Session, rabbitmq: servers.Server) -> Iterator[Run]:
    """Run one fault with one profile; its tasks take so long before, or after, their effect."""

    def run(
        name: str, profile: str, tasks: int = TASKS, seconds: float = SECONDS
    ) -> dict[str, Any]:
        fault = FAULTS[name]

        def strike(scene: Scene) -> None:
            # A task notes its start before its worker has acknowledged it.
            assert wait_until(lambda: bool(running_tasks.running(caller)), ANSWER_SECONDS)
            fault.strike(scene)

        longer = dataclasses.replace(
            fault,
            strike=strike,
            before=seconds if fault.before else 0,
            after=seconds if fault.after else 0,
        )
        size = Size(strikes=1, tasks=tasks)
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


def test_a_task_expires_where_the_clock_of_its_worker_is_ahead(run: Run) -> None:
    row = run('clock-ahead-past-expires', 'default', tasks=40, seconds=0.5)
    assert row['lost'] >= 1
    assert row['states'] == Counter(SUCCESS=row['executed'], REVOKED=row['lost'])


def test_two_beats_do_each_slot_twice_and_a_key_makes_it_once(
    session: Session, rabbitmq: servers.Server
) -> None:
    row = Trial(session, rabbitmq, FAULTS['two-beats'], 'default', Size(1, 3), SEED).run()
    assert row['duplicated'] >= 1
    assert row['duplicated_once'] == 0


def test_a_beat_whose_clock_goes_back_sends_nothing_until_it_has_caught_up(
    session: Session, rabbitmq: servers.Server
) -> None:
    row = Trial(session, rabbitmq, FAULTS['beat-clock-back'], 'default', Size(1, 0), SEED).run()
    assert row['lost'] >= strikes.BEAT_CLOCK_SECONDS // SLOT_SECONDS - 1
    assert row['duplicated'] == 0
