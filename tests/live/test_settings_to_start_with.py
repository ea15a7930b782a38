"""settings_to_start_with.py with a real worker: what its settings do together."""

import functools
import os
import re
import signal

import pytest
import redis
from celery import Celery

from examples import settings_to_start_with
from playground.services.running import Services
from playground.terminal import Terminal
from playground.waiting import wait_until
from tests.live.conftest import StartWorker
from tests.live.running_tasks import wait_until_they_run

SECONDS = 30.0
LONG = 600.0
APP = 'examples.settings_to_start_with'
PACKS = re.compile(r': process (\d+) packs tea')


@pytest.fixture
def sender(caller: Celery) -> Celery:
    """A caller with the settings of examples/settings_to_start_with.py."""
    for name, value in vars(settings_to_start_with.Config).items():
        if name.startswith('task_'):
            caller.conf[name] = value
    return caller


def has_run(worker: Terminal, times: int) -> bool:
    return len(PACKS.findall(worker.output)) == times


def test_a_task_whose_process_dies_runs_again_and_then_fails_no_more(
    start_worker: StartWorker, sender: Celery
) -> None:
    worker = start_worker(APP, '-c 1')
    sender.send_task(f'{APP}.pack', ('tea', LONG))
    runs_after_retries = 4
    for run in range(1, runs_after_retries + 1):
        assert wait_until(functools.partial(has_run, worker, run), SECONDS)
        os.kill(int(PACKS.findall(worker.output)[-1]), signal.SIGKILL)
    worker.wait_for('Task handler raised error: WorkerLostError', SECONDS)
    assert worker.output.count(' retry: Retry in 1s: WorkerLostError') == runs_after_retries - 1
    assert len(PACKS.findall(worker.output)) == runs_after_retries


def test_a_worker_that_dies_loses_no_task(
    start_worker: StartWorker, sender: Celery, running: Services
) -> None:
    worker = start_worker(APP, '-c 1')
    sent = sender.send_task(f'{APP}.pack', ('tea', LONG))
    assert wait_until(functools.partial(has_run, worker, 1), SECONDS)
    worker.kill()
    again = start_worker(APP, '-c 1')
    if running.has_rabbitmq:
        assert wait_until(functools.partial(has_run, again, 1), SECONDS)
        return
    # Redis keeps it for visibility_timeout, an hour, where no worker looks.
    with redis.Redis.from_url(running.broker_url) as client:
        assert sent.id in str(client.hvals('unacked'))
    assert not has_run(again, 1)


def test_a_setting_of_the_app_is_obeyed(start_worker: StartWorker, caller: Celery) -> None:
    start_worker(APP, '-c 3')
    [found] = caller.control.inspect(timeout=SECONDS, limit=1).stats().values()
    assert found['prefetch_count'] == 3


def test_a_task_that_nobody_may_finish_comes_back(
    start_worker: StartWorker, sender: Celery
) -> None:
    worker = start_worker(APP, '-c 1 -- worker_soft_shutdown_timeout=1')
    result = sender.send_task(f'{APP}.pack', ('tea', LONG))
    worker.wait_until(lambda output: bool(PACKS.search(output)), SECONDS, 'its first run')
    wait_until_they_run(sender, result)
    os.kill(worker.process.pid, signal.SIGQUIT)
    assert worker.wait(SECONDS) == 0
    again = start_worker(APP, '-c 1')
    again.wait_until(lambda output: bool(PACKS.search(output)), SECONDS, 'its second run')
