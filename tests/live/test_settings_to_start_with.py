"""settings_to_start_with.py with a real worker: what its settings do together."""

import functools
import os
import re
import signal

from celery import Celery

from playground.terminal import Terminal
from playground.waiting import wait_until
from tests.live.conftest import StartWorker

SECONDS = 30.0
LONG = 600.0
APP = 'examples.settings_to_start_with'
QUEUE = 'settings_to_start_with'
PACKS = re.compile(r': process (\d+) packs tea')


def has_run(worker: Terminal, times: int) -> bool:
    return len(PACKS.findall(worker.output)) == times


def test_a_task_whose_process_dies_runs_again_and_then_fails_no_more(
    start_worker: StartWorker, caller: Celery
) -> None:
    caller.conf.update(
        task_default_queue=QUEUE,
        task_default_queue_type='quorum',
        task_default_exchange_type='topic',
    )
    worker = start_worker(APP, '-c 1')
    caller.send_task(f'{APP}.pack', ('tea', LONG))
    runs_after_retries = 4
    for run in range(1, runs_after_retries + 1):
        assert wait_until(functools.partial(has_run, worker, run), SECONDS)
        os.kill(int(PACKS.findall(worker.output)[-1]), signal.SIGKILL)
    worker.wait_for('raised unexpected: WorkerLostError', SECONDS)
    assert worker.output.count(' retry: Retry in 1s: WorkerLostError') == runs_after_retries - 1
    assert len(PACKS.findall(worker.output)) == runs_after_retries


def test_a_task_that_nobody_may_finish_comes_back(
    start_worker: StartWorker, caller: Celery
) -> None:
    worker = start_worker(APP, '-c 1 -- worker_soft_shutdown_timeout=1')
    caller.send_task(f'{APP}.pack', ('tea', LONG), queue=QUEUE)
    worker.wait_until(lambda output: bool(PACKS.search(output)), SECONDS, 'its first run')
    os.kill(worker.process.pid, signal.SIGQUIT)
    assert worker.wait(SECONDS) == 0
    again = start_worker(APP, '-c 1')
    again.wait_until(lambda output: bool(PACKS.search(output)), SECONDS, 'its second run')
