"""slow.py without a broker."""

import time
from collections.abc import Callable

from celery import Celery

from examples import slow


def test_wait_takes_its_time(run_eagerly: Callable[[Celery], None]) -> None:
    run_eagerly(slow.app)
    begin = time.monotonic()
    assert slow.wait.delay(0.1).get() == 'waited 0.1 s'
    assert time.monotonic() - begin >= 0.1
