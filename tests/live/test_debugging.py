"""debugging.py with a real worker: a break point that was forgotten."""

import pytest
from celery import Celery
from celery.exceptions import TimeLimitExceeded

from tests.live.conftest import StartWorker

SECONDS = 30.0


def test_a_time_limit_ends_a_task_at_its_break_point(
    start_worker: StartWorker, caller: Celery
) -> None:
    worker = start_worker('examples.debugging', '-c 1')
    result = caller.send_task(
        'examples.debugging.mean_with_break_point', ([3, 4, 8],), queue='debugging', time_limit=3
    )
    worker.wait_for('Waiting for client...', SECONDS)
    with pytest.raises(TimeLimitExceeded):
        result.get(timeout=SECONDS)
