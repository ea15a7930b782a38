"""practice.py without a broker."""

import socket
from collections.abc import Callable

import pytest
from celery import Celery

import practice


@pytest.fixture(autouse=True)
def _eager(run_eagerly: Callable[[Celery], None]) -> None:
    run_eagerly(practice.app)


def test_report_takes_its_time_and_names_its_node(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr('practice.time.sleep', waits.append)
    assert practice.report.delay(0.5).get() == socket.gethostname()
    assert waits == [0.5]


def test_mean_stops_at_the_break_point_once(monkeypatch: pytest.MonkeyPatch) -> None:
    stops: list[str] = []
    monkeypatch.setattr('practice.rdb.set_trace', lambda: stops.append('here'))
    assert practice.mean.delay([1, 2, 6]).get() == 3
    assert stops == ['here']
