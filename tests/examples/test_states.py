"""states.py without a broker."""

from collections.abc import Callable
from typing import Any

import pytest
from celery import Celery

from examples import states
from playground.compose_file import ComposeFile


@pytest.fixture(autouse=True)
def _eager(run_eagerly: Callable[[Celery], None]) -> None:
    run_eagerly(states.app)


def test_sleep_says_how_long_it_slept() -> None:
    assert states.sleep.delay(0).get() == 'slept 0 s'


def test_divide_fails_where_arithmetic_does() -> None:
    assert states.divide.delay(6, 3).get() == 2
    with pytest.raises(ZeroDivisionError, match='division by zero'):
        states.divide.delay(1, 0)


@pytest.fixture
def _retries_run(_eager: None) -> None:
    states.app.conf.task_eager_propagates = False  # else the first retry ends the test


@pytest.mark.usefixtures('_retries_run')
@pytest.mark.parametrize('times', range(4))
def test_a_task_that_fails_no_more_than_three_times_succeeds(times: int) -> None:
    assert states.fail_first.delay(times).get() == f'attempt {times + 1} succeeded'


@pytest.mark.usefixtures('_retries_run')
def test_three_retries_make_four_attempts() -> None:
    with pytest.raises(ConnectionError, match=r'^attempt 4 failed$'):
        states.fail_first.delay(4).get()


def test_count_reports_each_step(monkeypatch: pytest.MonkeyPatch) -> None:
    reports: list[dict[str, Any]] = []
    monkeypatch.setattr(states.count, 'update_state', lambda **report: reports.append(report))
    assert states.count.delay(3).get() == 'counted to 3'
    assert reports == [
        {'state': 'PROGRESS', 'meta': {'done': done, 'total': 3}} for done in (1, 2, 3)
    ]


def test_tasks_are_named_after_their_module() -> None:
    names = {name for name in states.app.tasks if name.startswith('examples.states.')}
    tasks = {'sleep', 'divide', 'fail_first', 'count'}
    assert names == {f'examples.states.{task}' for task in tasks}


def test_settings_lead_to_the_services_of_the_notes(compose_settings: ComposeFile) -> None:
    assert states.Config.broker_url == compose_settings.broker_url
    assert states.Config.result_backend == compose_settings.result_backend


def test_states_has_a_queue_of_its_own() -> None:
    assert states.app.conf.task_default_queue == 'states'
