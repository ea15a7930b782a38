"""retries.py with real workers: what its page says, and what no eager task shows."""

from datetime import datetime
from itertools import pairwise
from signal import SIGUSR1

import pytest
from celery import Celery
from celery.exceptions import TaskRevokedError, TimeLimitExceeded
from celery.result import AsyncResult

from playground.terminal import Terminal
from playground.waiting import wait_until
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


def retries_logged(worker: Terminal) -> list[str]:
    marker = ' retry: Retry in '
    lines = worker.output.splitlines()
    return [line.split(marker)[1].split('s')[0] for line in lines if marker in line]


@pytest.mark.parametrize(('task', 'delays'), [('ask', [0.2, 0.4]), ('ask_again', [1.0, 2.0])])
def test_the_delay_doubles(
    start_worker: StartWorker, caller: Celery, task: str, delays: list[float]
) -> None:
    worker = start_worker('retries', '-c 1')
    assert send(caller, task, 2).get(timeout=SECONDS) == 'answer to attempt 3'
    assert [float(delay) for delay in retries_logged(worker)] == delays


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


def test_expires_counts_through_retries(start_worker: StartWorker, caller: Celery) -> None:
    worker = start_worker('retries', '-c 1')
    with pytest.raises(TaskRevokedError, match='expired'):
        send(caller, 'ask_again', 9, expires=0.5).get(timeout=SECONDS)
    assert retries_logged(worker) == ['1']


def test_revoke_works_between_two_attempts(start_worker: StartWorker, caller: Celery) -> None:
    worker = start_worker('retries', '-c 1')
    result = send(caller, 'ask_again', 9)
    worker.wait_for('retry: Retry in 1s', SECONDS)
    result.revoke()
    with pytest.raises(TaskRevokedError, match='revoked'):
        result.get(timeout=SECONDS)
    worker.wait_for(f'Discarding revoked task: retries.ask_again[{result.id}]', SECONDS)


def test_sigusr1_stops_a_task_in_good_order(start_worker: StartWorker, caller: Celery) -> None:
    worker = start_worker('retries', '-c 1')
    [process] = worker.descendants()
    result = send(caller, 'work', 60, soft_time_limit=50, time_limit=60)
    nodes = caller.control.inspect(timeout=SECONDS, limit=1)

    def runs() -> bool:
        [active] = nodes.active().values()
        return any(request['id'] == result.id and request['worker_pid'] for request in active)

    assert wait_until(runs, SECONDS)
    result.revoke(terminate=True, signal='SIGUSR1')
    worker.wait_for(f'Terminating {result.id} ({int(SIGUSR1)})', SECONDS)
    worker.wait_for("'stopped in good order'", SECONDS)
    assert worker.descendants() == [process]
