"""debugging.py without a broker: what is eager, and what eager hides."""

import logging
import os
from collections.abc import Callable

import pytest
from celery import Celery
from celery.contrib import rdb
from kombu.exceptions import EncodeError

from examples import debugging
from playground.compose_file import ComposeFile


@pytest.fixture(autouse=True)
def _eager(run_eagerly: Callable[[Celery], None]) -> None:
    run_eagerly(debugging.app)


def test_tasks_run_in_this_process() -> None:
    assert debugging.mean.delay([3, 4, 8]).get() == 5
    assert debugging.process_id.delay().get() == os.getpid()


def test_the_task_with_a_break_point_stops_there(monkeypatch: pytest.MonkeyPatch) -> None:
    stops: list[bool] = []
    monkeypatch.setattr(rdb, 'set_trace', lambda: stops.append(True))
    assert debugging.mean_with_break_point.delay([3, 4, 8]).get() == 5
    assert stops == [True]


def test_a_result_that_json_refuses_passes_eagerly() -> None:
    assert debugging.unique.delay([3, 3, 4]).get() == {3, 4}


def test_an_argument_that_json_refuses_passes_apply_only() -> None:
    with pytest.raises(EncodeError, match='Object of type set is not JSON serializable'):
        debugging.mean.delay({3, 4, 8})
    assert debugging.mean.apply(({3, 4, 8},)).get() == 5


def test_the_log_counts_the_numbers(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, 'examples.debugging'):
        debugging.mean.delay([3, 4, 8])
    assert ('examples.debugging', logging.INFO, '3 numbers') in caplog.record_tuples


def test_settings_lead_to_the_services_of_the_notes(compose_settings: ComposeFile) -> None:
    assert debugging.Config.broker_url == compose_settings.broker_url
    assert debugging.Config.result_backend == compose_settings.result_backend
