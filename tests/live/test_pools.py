"""pools.py with real workers: what each pool does, and how a worker ends."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty

import pytest
from celery import Celery
from celery.exceptions import TaskRevokedError, TimeLimitExceeded
from celery.result import AsyncResult

from playground.services.running import Services
from playground.terminal import Terminal
from playground.waiting import wait_until
from tests.live.conftest import StartWorker
from tests.live.running_tasks import running, wait_until_they_run
from tests.page_tables import table

SECONDS = 30.0
LONG = 600.0
QUEUE = 'pools'
COLUMNS = (
    *('-P', 'tasks run in', 'at once, with -c 4', 'time limits', 'revoke(terminate=True)'),
    'SIGQUIT',
)


def send(caller: Celery, name: str, *args: float, **options: object) -> AsyncResult:
    return caller.send_task(f'examples.pools.{name}', args, queue=QUEUE, **options)


def a_message_waits(caller: Celery) -> bool:
    with caller.connection_for_read() as connection:
        try:
            connection.SimpleQueue(QUEUE).get(block=False)
        except Empty:
            return False
    return True


@pytest.mark.parametrize('row', table(*COLUMNS), ids=lambda row: row[0])
def test_what_a_pool_does(start_worker: StartWorker, caller: Celery, row: list[str]) -> None:
    pool, where, at_once, limits, terminates, _ = row
    worker = start_worker('examples.pools', f'-c 4 -P {pool}')
    process = send(caller, 'pause', 0).get(timeout=SECONDS)
    assert (process == worker.process.pid) == (not where.startswith('processes'))

    # A limit that holds ends a task of any length; to see it ignored, the task has to end.
    hard_one, both = limits in ('both', 'only the hard one'), limits == 'both'
    hard = send(caller, 'pause', LONG if hard_one else 1, time_limit=0.5)
    soft = send(caller, 'pause', LONG if both else 1, soft_time_limit=0.5)
    answers = [result.get(timeout=SECONDS, propagate=False) for result in (hard, soft)]
    assert isinstance(answers[0], TimeLimitExceeded) == hard_one
    assert ('SoftTimeLimitExceeded' in repr(answers[1])) == both
    assert ('Soft time limit (0.5s) exceeded' in worker.output) == both

    if at_once == '1':
        begin = time.monotonic()
        for result in [send(caller, 'pause', 0.5) for _ in range(4)]:
            result.get(timeout=SECONDS)
        assert time.monotonic() - begin >= 2.0
        result = send(caller, 'pause', 1)
        worker.wait_for(f'[{result.id}] received', SECONDS)
        result.revoke(terminate=True)
        assert result.get(timeout=SECONDS) == process
        return

    for _ in range(int(at_once) + 1):
        send(caller, 'pause', LONG)
    assert wait_until(lambda: len(running(caller)) >= int(at_once), SECONDS)
    now = running(caller)
    assert len(now) == int(at_once)
    if where.startswith('processes'):
        assert len({request['worker_pid'] for request in now.values()}) == int(at_once)
    result = caller.AsyncResult(next(iter(now)))
    caller.control.revoke(result.id, terminate=True, reply=True, timeout=SECONDS, limit=1)
    if terminates.startswith('yes'):
        with pytest.raises(TaskRevokedError):
            result.get(timeout=SECONDS)
    else:
        wait_until_they_run(caller, result)


@pytest.mark.parametrize('row', table(*COLUMNS), ids=lambda row: row[0])
def test_what_sigquit_does_to_a_pool(
    start_worker: StartWorker, caller: Celery, tmp_path: Path, row: list[str]
) -> None:
    pool, *_, sigquit = row
    worker = start_worker('tests.live.held', f'-c 2 -P {pool} -Q {QUEUE}')
    release = tmp_path / 'released'
    result = caller.send_task('held.wait_for', (str(release),), queue=QUEUE)
    assert wait_until((tmp_path / 'released.begun').exists, SECONDS)
    if pool != 'solo':
        wait_until_they_run(caller, result)
    os.kill(worker.process.pid, signal.SIGQUIT)
    if pool == 'threads':
        worker.wait_for('NotImplementedError: ', SECONDS)
        assert worker.runs
        release.touch()
    worker.wait(SECONDS)
    assert (
        result.state
        in {
            '[ends the tasks](#cold-shutdown)': ['RETRY'],
            'an error, and the tasks go on': ['SUCCESS'],
            # Where the signal comes while a green thread has its turn, the worker can still write
            # RETRY, without an error; nobody retries.
            'the tasks are lost, often with an error': ['PENDING', 'RETRY'],
            'the task fails': ['FAILURE'],
        }[sigquit]
    )


def test_a_pool_grows_and_shrinks(open_terminal: Callable[[str], Terminal], caller: Celery) -> None:
    worker = open_terminal(
        'AUTOSCALE_KEEPALIVE=1 celery -A examples.pools worker -l info --autoscale=6,3'
        ' -n autoscaled@%h'
    )
    worker.wait_for(' ready.', SECONDS)
    assert len(worker.descendants()) == 3
    [found] = caller.control.inspect(timeout=SECONDS, limit=1).stats().values()
    assert found['prefetch_count'] == 6 * 4
    results: list[AsyncResult] = []

    def six_are_at_work() -> bool:
        """Keep the worker busy until its pool has grown, however long that takes."""
        if sum(not result.ready() for result in results) < 9:
            results.append(send(caller, 'pause', 1))
        return len({request['worker_pid'] for request in running(caller).values()}) == 6

    assert wait_until(six_are_at_work, SECONDS)
    # Four, if a second step came too early: tests/examples/test_pools.py has the reason.
    assert wait_until(lambda: len(worker.descendants()) in (3, 4), SECONDS), worker.output
    assert 'Scaling up 1 processes.' in worker.output
    assert 'Scaling down ' in worker.output


def test_threads_cannot_grow(open_terminal: Callable[[str], Terminal], caller: Celery) -> None:
    # Before the worker starts: so it takes the fourth message while the first task still waits.
    results = [send(caller, 'pause', 2) for _ in range(4)]
    worker = open_terminal(
        'celery -A examples.pools worker -P threads --autoscale=6,3 -n threads@%h'
    )
    assert worker.wait(SECONDS) == 1
    assert """AttributeError("'TaskPool' object has no attribute 'grow'")""" in worker.output
    assert sum(result.ready() for result in results) == 3


# What advance.md does not run: it ends a worker by REMAP_SIGTERM, with a time-out and acks_late.
@pytest.mark.parametrize(
    ('timeout', 'short_seconds', 'late', 'short_state', 'long_state', 'is_back'),
    [
        (0, LONG, 'no', 'RETRY', 'RETRY', False),
        (0, LONG, 'yes', 'PENDING', 'PENDING', True),
        (8, 4, 'no', 'SUCCESS', 'RETRY', False),
    ],
)
def test_how_sigquit_ends_a_worker(
    start_worker: StartWorker,
    caller: Celery,
    timeout: int,
    short_seconds: float,
    late: str,
    short_state: str,
    long_state: str,
    is_back: bool,
) -> None:
    settings = f'worker_soft_shutdown_timeout={timeout} task_acks_late={late}'
    worker = start_worker('examples.pools', f'-c 2 -- {settings}')
    long, short = send(caller, 'pause', LONG), send(caller, 'pause', short_seconds)
    wait_until_they_run(caller, long, short)
    os.kill(worker.process.pid, signal.SIGQUIT)
    assert worker.wait(SECONDS) == 0
    assert (short.state, long.state) == (short_state, long_state)
    assert ('Initiating Soft Shutdown' in worker.output) == bool(timeout)
    assert a_message_waits(caller) == is_back


@pytest.mark.parametrize(
    ('setting', 'shown', 'is_obeyed'),
    [
        ('worker_max_tasks_per_child=5', 5, True),
        ('worker_prefetch_multiplier=1', 1, False),
        ('worker_pool=solo', 'solo', False),
    ],
)
def test_a_setting_on_the_command_line(
    start_worker: StartWorker, caller: Celery, setting: str, shown: object, is_obeyed: bool
) -> None:
    plain = start_worker('examples.pools')
    started_as = effect(caller)
    plain.stop()
    start_worker('examples.pools', f'-- {setting}')
    inspect = caller.control.inspect(timeout=SECONDS, limit=1)
    [settings] = inspect.conf().values()
    assert settings[setting.partition('=')[0]] == shown
    assert (effect(caller) != started_as) is is_obeyed


def effect(caller: Celery) -> tuple[object, ...]:
    """What a worker has made of its settings."""
    [found] = caller.control.inspect(timeout=SECONDS, limit=1).stats().values()
    pool = found['pool']
    return pool['implementation'], pool.get('max-tasks-per-child'), found['prefetch_count']


@pytest.mark.parametrize('pool', ['threads', 'solo'])
def test_a_solo_worker_at_work_sends_no_heartbeat(
    start_worker: StartWorker, caller: Celery, running: Services, pool: str
) -> None:
    if not running.has_rabbitmq:
        pytest.skip('Redis asks for no heartbeat; native and compose show it')
    worker = start_worker(
        'examples.pools', f'-P {pool} -c 1 -- broker_heartbeat=2 task_acks_late=yes'
    )
    result = send(caller, 'pause', 12)
    received = f'Task examples.pools.pause[{result.id}] received'
    ended = f'Task examples.pools.pause[{result.id}] succeeded'
    worker.wait_for(ended, SECONDS)
    if pool == 'solo':
        worker.wait_until(lambda output: output.count(received) == 2, SECONDS, 'the task again')
    else:
        assert worker.output.count(received) == 1
        assert not a_message_waits(caller)
