"""How a worker at work ends: README.md, chapters 4 and 11."""

import os
import signal
import uuid
from dataclasses import dataclass
from pathlib import Path
from queue import Empty

import pytest
from celery import Celery
from celery.exceptions import WorkerLostError
from celery.result import AsyncResult
from kombu.message import Message

from playground.terminal import Terminal
from tests.live.conftest import StartWorker
from tests.live.running_tasks import wait_until_they_run

SECONDS = 30.0
LONG = 600.0

FIRST_CONTROL_C = """
worker: Hitting Ctrl+C again will initiate cold shutdown, terminating all running tasks!

worker: Warm shutdown (MainProcess)
"""
SECOND_CONTROL_C = """
worker: Hitting Ctrl+C again will terminate all running tasks!
"""


@dataclass
class BusyWorker:
    """A worker that has begun a task, and knows it."""

    start: StartWorker
    caller: Celery
    file: Path

    def wait(self, level: str = 'info') -> tuple[Terminal, AsyncResult]:
        """Start a worker of slow.py and a task that is not over before the test is."""
        return self._begin('examples.slow', 'examples.slow.wait', LONG, level)

    def wait_for_release(self) -> tuple[Terminal, AsyncResult]:
        """Start a worker and a task that ends after `release`."""
        return self._begin('tests.live.held', 'held.wait_for', str(self.file), 'info')

    def release(self) -> None:
        """Have the task end."""
        self.file.touch()

    def _begin(
        self, app: str, task: str, argument: object, level: str
    ) -> tuple[Terminal, AsyncResult]:
        self.queue = f'busy-{uuid.uuid4().hex}'
        # No messages of other workers come: the handler of the second Ctrl-C talks to the broker
        # itself (celery/apps/worker.py, ``on_cold_shutdown``). Where it interrupts the reading of a
        # frame from RabbitMQ, both read parts of it, and the worker waits for ever.
        alone = '--without-gossip --without-mingle'
        worker = self.start(app, f'-c 1 -Q {self.queue} -l {level} {alone}')
        result = self.caller.send_task(task, (argument,), queue=self.queue)
        wait_until_they_run(self.caller, result)
        return worker, result

    def next_message(self) -> Message:
        """Take the first message out of the queue.

        Raises:
            Empty: there is none.
        """
        with self.caller.connection_for_read() as connection:
            message: Message = connection.SimpleQueue(self.queue).get(block=False)
            return message


@pytest.fixture
def busy_worker(start_worker: StartWorker, caller: Celery, tmp_path: Path) -> BusyWorker:
    return BusyWorker(start_worker, caller, tmp_path / 'released')


def test_one_control_c_waits_for_the_task(busy_worker: BusyWorker) -> None:
    worker, result = busy_worker.wait_for_release()
    worker.press_control_c()
    worker.wait_for(FIRST_CONTROL_C, SECONDS)
    assert not result.ready()
    busy_worker.release()
    assert worker.wait(SECONDS) == 1
    assert result.get(timeout=SECONDS) == 'released'


@pytest.mark.parametrize('late', [False, True])
def test_two_control_c_end_the_task_and_nobody_runs_it_again(
    busy_worker: BusyWorker, late: bool
) -> None:
    worker, result = busy_worker.wait('debug')
    worker.press_control_c()
    worker.wait_for(FIRST_CONTROL_C, SECONDS)
    if late:
        worker.wait_for('| Worker: Stopping Pool...', SECONDS)
    worker.press_control_c()
    worker.wait_for(SECOND_CONTROL_C, SECONDS)
    # The worker looks for the first one about once a second, so even the quick one can come late.
    assert worker.wait(SECONDS) in ((1,) if late else (0, 1))
    assert 'Cold shutdown' not in worker.output
    assert result.state == 'RETRY'
    with pytest.raises(Empty):
        busy_worker.next_message()


def test_sigterm_waits_for_the_task(busy_worker: BusyWorker) -> None:
    worker, result = busy_worker.wait_for_release()
    os.kill(worker.process.pid, signal.SIGTERM)
    worker.wait_for('\nworker: Warm shutdown (MainProcess)\n', SECONDS)
    assert not result.ready()
    busy_worker.release()
    assert worker.wait(SECONDS) == 0
    assert result.get(timeout=SECONDS) == 'released'


def test_sigterm_to_all_processes_loses_the_task(busy_worker: BusyWorker) -> None:
    worker, result = busy_worker.wait()
    os.killpg(worker.process.pid, signal.SIGTERM)
    with pytest.raises(WorkerLostError, match=r'signal 15 \(SIGTERM\)'):
        result.get(timeout=SECONDS)
    assert worker.wait(SECONDS) == 0
