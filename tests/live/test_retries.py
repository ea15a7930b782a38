"""retries.py with real workers: what its page says, and what no eager task shows."""

from datetime import datetime
from itertools import pairwise

import pytest
from celery import Celery
from celery.exceptions import TimeLimitExceeded
from celery.result import AsyncResult

from tests.live.conftest import StartWorker

SECONDS = 30.0
QUEUE = 'retries'
PREFETCHED_FOR_ONE_PROCESS = 4


def send(caller: Celery, name: str, *args: object, **options: object) -> AsyncResult:
    return caller.send_task(f'retries.{name}', args, queue=QUEUE, **options)


def done_at(result: AsyncResult) -> datetime:
    result.get(timeout=SECONDS)
    date: datetime = result.date_done
    return date


def test_the_hard_limit_kills_and_the_pool_recovers(
    start_worker: StartWorker, caller: Celery
) -> None:
    worker = start_worker('retries', '-c 1')
    with pytest.raises(TimeLimitExceeded):
        send(caller, 'read_rows', [60, 60]).get(timeout=SECONDS)
    assert send(caller, 'work', 0).get(timeout=SECONDS) == 'done'
    assert "exited with 'signal 9 (SIGKILL)'" in worker.output


def test_a_rate_limit_is_for_each_worker(start_worker: StartWorker, caller: Celery) -> None:
    start_worker('retries', '-c 1 --prefetch-multiplier 1')
    start_worker('retries', '-c 1 --prefetch-multiplier 1')
    mails = [send(caller, 'send_mail', number) for number in range(4)]
    times = sorted(done_at(mail) for mail in mails)
    # One worker alone would need three seconds for four mails.
    assert (times[-1] - times[0]).total_seconds() < 2.5


def test_rate_limited_tasks_hold_up_the_others(start_worker: StartWorker, caller: Celery) -> None:
    start_worker('retries', '-c 1')
    mails = [send(caller, 'send_mail', number) for number in range(PREFETCHED_FOR_ONE_PROCESS + 2)]
    other = send(caller, 'work', 0)
    times = [done_at(mail) for mail in mails]
    assert all(0.5 < (after - before).total_seconds() < 2 for before, after in pairwise(times))
    # The process had nothing to do, and yet the task came in only behind the mails.
    assert done_at(other) > times[1]
