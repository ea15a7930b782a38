"""long_and_short.py without a broker."""

import socket
from collections.abc import Callable

import pytest
from celery import Celery

from examples import long_and_short


@pytest.fixture(autouse=True)
def _eager(run_eagerly: Callable[[Celery], None]) -> None:
    run_eagerly(long_and_short.app)


def test_report_takes_its_time_and_names_its_node(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr('examples.long_and_short.time.sleep', waits.append)
    assert long_and_short.report.delay(0.5).get() == socket.gethostname()
    assert waits == [0.5]
