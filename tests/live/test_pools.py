"""pools.py with real workers: what each pool does, and how a worker ends."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from queue import Empty

import pytest
from celery import Celery
from celery.exceptions import TaskRevokedError, TimeLimitExceeded
from celery.result import AsyncResult

from playground.terminal import Terminal
from playground.waiting import wait_until
from tests.live.conftest import StartWorker
from tests.page_tables import table

SECONDS = 30.0
QUEUE = 'pools'
COLUMNS = ('-P', 'tasks run in', 'at once, with -c 4', 'time limits', 'revoke(terminate=True)')


def send(caller: Celery, name: str, *args: float, **options: object) -> AsyncResult:
    return caller.send_task(f'examples.pools.{name}', args, queue=QUEUE, **options)


def wait_until_they_run(caller: Celery, *results: AsyncResult) -> None:
    """Wait until the worker knows that its pool has begun these tasks.

    A signal that comes earlier finds no task to end or to wait for.
    """
    nodes = caller.control.inspect(timeout=SECONDS, limit=1)

    def they_run() -> bool:
        [active] = nodes.active().values()
        return {request['id'] for request in active} == {result.id for result in results}

    assert wait_until(they_run, SECONDS)


def processes(results: list[AsyncResult]) -> list[int]:
    """How many tasks each process ran, in the order of the processes."""
    return list(Counter(result.get(timeout=SECONDS) for result in results).values())


def a_message_waits(caller: Celery) -> bool:
    with caller.connection_for_read() as connection:
        try:
            connection.SimpleQueue(QUEUE).get(block=False)
        except Empty:
            return False
    return True


@pytest.mark.parametrize('row', table(*COLUMNS), ids=lambda row: row[0])
def test_what_a_pool_does(start_worker: StartWorker, caller: Celery, row: list[str]) -> None:
    pool, where, at_once, limits, terminates = row
    worker = start_worker('examples.pools', f'-c 4 -P {pool}')

    begin = time.monotonic()
    used = processes([send(caller, 'pause', 0.5) for _ in range(4)])
    assert (time.monotonic() - begin >= 2.0) == (at_once == '1')
    assert (len(used) == 4) == where.startswith('processes')
    [process] = {send(caller, 'pause', 0).get(timeout=SECONDS)} if len(used) == 1 else [0]
    assert (process == worker.process.pid) == (where != 'processes of their own; the default')

    limited = [
        send(caller, 'pause', 1.5, **{name: 0.5}) for name in ('time_limit', 'soft_time_limit')
    ]
    hard, soft = (result.get(timeout=SECONDS, propagate=False) for result in limited)
    assert isinstance(hard, TimeLimitExceeded) == (limits in ('both', 'only the hard one'))
    assert ('SoftTimeLimitExceeded' in repr(soft)) == (limits == 'both')
    assert ('Soft time limit (0.5s) exceeded' in worker.output) == (limits == 'both')

    result = send(caller, 'pause', 3)
    worker.wait_for(f'[{result.id}] received', SECONDS)
    if pool != 'solo':
        wait_until_they_run(caller, result)
    result.revoke(terminate=True)
    answer = result.get(timeout=SECONDS, propagate=False)
    assert isinstance(answer, TaskRevokedError) == terminates.startswith('yes'), worker.output


def test_a_pool_grows_and_shrinks(open_terminal: Callable[[str], Terminal], caller: Celery) -> None:
    worker = open_terminal(
        'AUTOSCALE_KEEPALIVE=1 celery -A examples.pools worker -l info --autoscale=6,3'
        ' -n autoscaled@%h'
    )
    worker.wait_for(' ready.', SECONDS)
    assert len(worker.descendants()) == 3
    results = [send(caller, 'pause', 2) for _ in range(8)]
    assert wait_until(lambda: len(worker.descendants()) == 6, SECONDS)
    assert len(processes(results)) == 6
    # Four, if a second step came too early: tests/examples/test_pools.py has the reason.
    assert wait_until(lambda: len(worker.descendants()) in (3, 4), SECONDS), worker.output
    assert worker.output.count('Scaling up 1 processes.') == 3


def test_threads_cannot_grow(start_worker: StartWorker, caller: Celery) -> None:
    worker = start_worker('examples.pools', '--autoscale=6,3 -P threads')
    results = [send(caller, 'pause', 0.5) for _ in range(4)]
    assert worker.wait(SECONDS) == 1
    assert """AttributeError("'TaskPool' object has no attribute 'grow'")""" in worker.output
    assert sum(result.ready() for result in results) == 3


# What advance.md does not run: it ends a worker by REMAP_SIGTERM, with a time-out and acks_late.
@pytest.mark.parametrize(
    ('timeout', 'late', 'short_state', 'long_state', 'is_back'),
    [
        (0, 'no', 'RETRY', 'RETRY', False),
        (0, 'yes', 'PENDING', 'PENDING', True),
        (3, 'no', 'SUCCESS', 'RETRY', False),
    ],
)
def test_how_sigquit_ends_a_worker(
    start_worker: StartWorker,
    caller: Celery,
    timeout: int,
    late: str,
    short_state: str,
    long_state: str,
    is_back: bool,
) -> None:
    settings = f'worker_soft_shutdown_timeout={timeout} task_acks_late={late}'
    worker = start_worker('examples.pools', f'-c 2 -- {settings}')
    short, long = send(caller, 'pause', 2), send(caller, 'pause', 60)
    wait_until_they_run(caller, short, long)
    os.kill(worker.process.pid, signal.SIGQUIT)
    assert worker.wait(SECONDS) == 0
    assert (short.state, long.state) == (short_state, long_state)
    assert ('Initiating Soft Shutdown' in worker.output) == bool(timeout)
    assert a_message_waits(caller) == is_back
