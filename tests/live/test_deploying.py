"""A new worker takes over from an old one: production.md, chapter 6."""

import re
import shlex
import time
from collections.abc import Callable, Iterator

import psutil
import pytest
from celery import Celery
from celery.exceptions import NotRegistered

from playground.services.running import Services
from playground.terminal import Terminal
from playground.virtual_environment import REPOSITORY
from tests.live.conftest import StartModule
from tests.live.running_tasks import wait_until_they_run

SECONDS = 60.0
ORDERS = 6
# billiard's own, in Worker._ensure_messages_consumed.
HALF_A_MINUTE = 30.0

StartRelease = Callable[[str], Terminal]


@pytest.fixture
def start_release(open_terminal: Callable[[str], Terminal]) -> StartRelease:
    """Start the worker of a release and wait until it is ready."""

    def start(release: str) -> Terminal:
        folder = REPOSITORY / 'examples' / 'deploying' / release
        options = f'worker -l info -c 1 -n {release}@%h'
        worker = open_terminal(f'cd {shlex.quote(str(folder))} && exec celery -A shop {options}')
        worker.wait_for(' ready.', SECONDS)
        return worker

    return start


def main(worker: Terminal) -> psutil.Process:
    """The main process of a worker with one process in its pool."""
    found = worker.descendants()[-1].parent()
    assert found
    return found


def packed(*workers: Terminal) -> list[int]:
    """The numbers of the orders that the workers have packed, in order."""
    log = ''.join(worker.output for worker in workers)
    return sorted(int(order) for order in re.findall(r'packing order (\d+)', log))


KEPT = """
import time
from celery import Celery
app = Celery('kept')
app.conf.task_default_queue = 'kept'
@app.task
def pack(order):
    print(f'packing order {order}')
    time.sleep(0 if order else 8)
"""


def test_all_that_the_old_worker_held_is_done_once(
    start_module: StartModule, caller: Celery
) -> None:
    old = start_module('kept', KEPT, '-c 1')
    results = [caller.send_task('kept.pack', (n,), queue='kept') for n in range(ORDERS)]
    wait_until_they_run(caller, results[0])
    main(old).terminate()
    assert old.wait(SECONDS) == 0
    assert packed(old) == [0]
    new = start_module('kept', KEPT, '-c 1')
    for result in results:
        result.get(timeout=SECONDS)
    assert packed(old, new) == list(range(ORDERS))


STOPPED = """
from celery import Celery
app = Celery('stopped')
app.conf.task_default_queue = 'stopped'
@app.task
def pack():
    print('packing order 1')
"""


@pytest.fixture
def old(started: Services, start_module: StartModule) -> Iterator[Terminal]:
    """A worker whose process is awake at the end, whatever the test has done to it."""
    if started.backend == 'compose':
        pytest.skip('takes half a minute; native shows it with RabbitMQ')
    worker = start_module('stopped', STOPPED, '-c 1 -l debug')
    yield worker
    for process in worker.descendants() if worker.runs else []:
        process.resume()


def test_a_task_that_is_being_handed_over_runs_twice(
    old: Terminal, start_module: StartModule, caller: Celery
) -> None:
    [child] = main(old).children()
    child.suspend()  # as one that has not yet come to read what the worker has written
    result = caller.send_task('stopped.pack', queue='stopped')
    old.wait_for(f'Task stopped.pack[{result.id}] received', SECONDS)
    main(old).terminate()
    # The message is given back by then, and the worker waits for its process.
    old.wait_for('| Worker: Stopping Pool...', SECONDS)
    begin = time.monotonic()
    child.resume()
    old.wait_for('packing order 1', SECONDS)
    assert old.wait(SECONDS) == 0
    assert time.monotonic() - begin >= HALF_A_MINUTE
    new = start_module('stopped', STOPPED, '-c 1')
    new.wait_for('packing order 1', SECONDS)
    assert packed(old, new) == [1, 1]


def test_a_message_of_which_nobody_knows_the_task_is_gone(
    start_release: StartRelease, caller: Celery
) -> None:
    hasty = start_release('hasty')
    result = caller.send_task('shop.pack', (1,), queue='shop')
    assert isinstance(result.get(timeout=SECONDS, propagate=False), NotRegistered)
    with caller.connection_for_read() as connection:
        channel = connection.default_channel
        queue = channel.queue_declare('shop', durable=True, auto_delete=False)
        assert queue.message_count == 0
    hasty.process.terminate()
    hasty.wait(SECONDS)
    new = start_release('new')
    assert caller.send_task('shop.pack', (2,), queue='shop').get(timeout=SECONDS)
    assert new.output.count('received') == 1
