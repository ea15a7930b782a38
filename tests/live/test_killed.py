"""What comes back when a worker, or a process of its pool, is killed: advance.md, chapter 4."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from celery import Celery
from celery.exceptions import TaskRevokedError, WorkerLostError
from celery.result import AsyncResult

from playground.services.running import Services
from playground.terminal import Terminal
from playground.waiting import wait_until
from tests.live.conftest import StartModule

SECONDS = 30.0
# By default a worker takes four messages for each process.
PLACES = 4
# Redis gives a message back when its time is over: an hour by default. A worker looks for such
# messages when it starts, and then every 100 seconds by default.
SOON = {'visibility_timeout': 2, 'unacked_restore_interval': 1, 'unacked_restore_throttle': 1}

APP = """
import os, signal, time
from celery import Celery
from celery.exceptions import SoftTimeLimitExceeded
app = Celery('killed')
app.conf.broker_transport_options = {transport_options}

def note():
    with open('runs', 'a') as runs:
        runs.write('x')

@app.task(**{options})
def kill_its_process():
    note()
    os.kill(os.getpid(), signal.SIGKILL)

@app.task(**{options})
def wait():
    note()
    while not os.path.exists('released'):
        time.sleep(0.05)

@app.task
def catch():
    try:
        print('at work')
        time.sleep(60)
    except SoftTimeLimitExceeded:
        return 'stopped in good order'

@app.task
def nothing():
    pass
"""


class Killed:
    """A folder with an app, and workers that run it."""

    def __init__(self, folder: Path, start_module: StartModule, caller: Celery) -> None:
        self.folder = folder
        self.caller = caller
        self._start_module = start_module
        self._source = ''

    def choose(self, transport_options: object = None, **options: object) -> None:
        """Choose the options of the app's tasks, and those of its transport."""
        options = {'default_retry_delay': 0, **options}
        self._source = APP.format(transport_options=transport_options or {}, options=options)

    def worker(self) -> Terminal:
        """Start a worker with one process, and wait until it is ready."""
        return self._start_module('killed', self._source, '-c 1')

    def send(self, task: str, **options: object) -> AsyncResult:
        """Call a task."""
        return self.caller.send_task(f'killed.{task}', **options)

    def runs(self) -> int:
        """How often a task has begun."""
        file = self.folder / 'runs'
        return len(file.read_text()) if file.exists() else 0


@pytest.fixture
def killed(tmp_path: Path, start_module: StartModule, caller: Celery) -> Iterator[Killed]:
    yield Killed(tmp_path, start_module, caller)
    (tmp_path / 'released').touch()


def unacknowledged(running: Services) -> int:
    """How many messages Redis keeps for workers that have taken and not acknowledged them."""
    with redis.Redis.from_url(running.broker_url) as client:
        return int(client.hlen('unacked'))


@pytest.mark.parametrize('late', [False, True])
def test_a_killed_process_fails_its_task_for_good(killed: Killed, late: bool) -> None:
    killed.choose(acks_late=late)
    worker = killed.worker()
    with pytest.raises(WorkerLostError, match=r'signal 9 \(SIGKILL\)'):
        killed.send('kill_its_process').get(timeout=SECONDS)
    # What would come back comes before this one, or its process is there by then.
    killed.send('nothing').get(timeout=SECONDS)
    worker.press_control_c()
    worker.wait(SECONDS)
    killed.worker()
    killed.send('nothing').get(timeout=SECONDS)
    assert killed.runs() == 1


def test_a_message_that_is_rejected_comes_back_without_end(killed: Killed) -> None:
    killed.choose(acks_late=True, reject_on_worker_lost=True, max_retries=1)
    killed.worker()
    result = killed.send('kill_its_process')
    assert wait_until(lambda: killed.runs() > 4, SECONDS)
    assert not result.ready()


@pytest.mark.parametrize('late', [False, True])
def test_a_retry_counts(killed: Killed, late: bool) -> None:
    killed.choose(
        acks_late=late, retry_on_worker_lost=True, reject_on_worker_lost=True, max_retries=2
    )
    killed.worker()
    with pytest.raises(WorkerLostError):
        killed.send('kill_its_process').get(timeout=SECONDS)
    killed.send('nothing').get(timeout=SECONDS)
    assert killed.runs() == 3


@pytest.mark.parametrize('late', [False, True])
def test_a_killed_worker_leaves_what_it_has_not_acknowledged(
    killed: Killed, running: Services, late: bool
) -> None:
    killed.choose(acks_late=late)
    worker = killed.worker()
    results = [killed.send('wait') for _ in range(PLACES + 2)]
    held = PLACES if late else PLACES + 1
    for result in results[:held]:
        worker.wait_for(f'[{result.id}] received', SECONDS)
    assert wait_until(lambda: killed.runs() == 1, SECONDS)
    assert results[held].id not in worker.output
    worker.kill()
    (killed.folder / 'released').touch()
    killed.worker()
    # These were still in the queue.
    for result in results[held:]:
        result.get(timeout=SECONDS)
    if running.has_rabbitmq:
        for result in results[0 if late else 1 : held]:
            result.get(timeout=SECONDS)
        expected = {False: {'PENDING'}, True: {'SUCCESS'}}[late]
    else:
        assert wait_until(lambda: unacknowledged(running) == PLACES, SECONDS)
        assert {result.state for result in results[1:held]} == {'PENDING'}
        expected = {'PENDING'}
    assert {results[0].state} == expected


def test_a_process_that_survived_a_revoke_counts_as_ended(killed: Killed) -> None:
    killed.choose(retry_on_worker_lost=True, max_retries=1)
    worker = killed.worker()
    result = killed.send('catch')
    worker.wait_for('at work', SECONDS)
    result.revoke(terminate=True, signal='SIGUSR1')
    worker.wait_for('stopped in good order', SECONDS)
    # Not WorkerLostError, and no retry.
    with pytest.raises(TaskRevokedError, match='terminated'):
        killed.send('kill_its_process').get(timeout=SECONDS)
    assert killed.runs() == 1


def test_redis_gives_back_after_the_visibility_timeout(killed: Killed, running: Services) -> None:
    if running.has_rabbitmq:
        pytest.skip('RabbitMQ gives a message back when its worker is gone; embedded shows this')
    killed.choose(SOON, acks_late=True)
    worker = killed.worker()
    result = killed.send('wait')
    assert wait_until(lambda: killed.runs() == 1, SECONDS)
    worker.kill()
    (killed.folder / 'released').touch()
    killed.worker()
    result.get(timeout=SECONDS)
    assert killed.runs() == 2


def test_redis_gives_what_waits_too_long_to_each_worker(killed: Killed, running: Services) -> None:
    if running.has_rabbitmq:
        pytest.skip('RabbitMQ has no visibility timeout; embedded shows it')
    killed.choose(SOON)
    (killed.folder / 'released').touch()
    workers = [killed.worker(), killed.worker()]
    result = killed.send('wait', countdown=8)
    result.get(timeout=SECONDS)
    assert wait_until(lambda: killed.runs() > 1, SECONDS)
    received = [worker.output.count(f'[{result.id}] received') for worker in workers]
    assert sum(received) > 1
