"""vege.py with a real worker."""

import time
from collections.abc import Callable

import pytest
from celery import Celery
from celery.exceptions import NotRegistered

from playground.processes import is_alive
from playground.terminal import Terminal
from playground.waiting import wait_until
from tests.live.conftest import StartWorker

RESULT_SECONDS = 20.0

CALLS = """
from vege import hello
r = hello.delay('Chris')
print(r.get(timeout=20), r.status, r.successful())
"""


def test_delay_and_get(start_worker: StartWorker, open_terminal: Callable[[str], Terminal]) -> None:
    worker = start_worker('vege')
    script = open_terminal(f'python -c "{CALLS}"')
    assert script.wait(RESULT_SECONDS) == 0
    assert script.output == 'hello Chris SUCCESS True\n'
    worker.wait_for('succeeded in', RESULT_SECONDS)
    assert 'Task vege.hello[' in worker.output


def test_countdown_is_honoured(start_worker: StartWorker, caller: Celery) -> None:
    start_worker('vege')
    begin = time.monotonic()
    result = caller.send_task('vege.hello', ('Mark',), countdown=2)
    assert result.get(timeout=RESULT_SECONDS) == 'hello Mark'
    assert time.monotonic() - begin >= 2


def test_an_unknown_task_fails_and_the_worker_goes_on(
    start_worker: StartWorker, caller: Celery
) -> None:
    worker = start_worker('vege')
    unknown = caller.send_task('vege.goodbye')
    with pytest.raises(NotRegistered, match=r'vege\.goodbye'):
        unknown.get(timeout=RESULT_SECONDS)
    assert "Received unregistered task of type 'vege.goodbye'." in worker.output
    assert caller.send_task('vege.hello').get(timeout=RESULT_SECONDS) == 'hello world'


def test_two_workers_on_one_host_share_the_work(start_worker: StartWorker, caller: Celery) -> None:
    workers = start_worker('vege'), start_worker('vege')
    answers = caller.control.broadcast('ping', reply=True, timeout=RESULT_SECONDS, limit=2)
    assert len({node for answer in answers for node in answer}) == 2

    def both_have_run_a_task() -> bool:
        assert caller.send_task('vege.hello').get(timeout=RESULT_SECONDS) == 'hello world'
        return all(' succeeded in ' in worker.output for worker in workers)

    assert wait_until(both_have_run_a_task, RESULT_SECONDS)


def test_sigterm_ends_a_worker_and_leaves_no_process(start_worker: StartWorker) -> None:
    worker = start_worker('vege')
    children = worker.descendants()
    assert children
    assert worker.stop() == 0
    assert 'worker: Warm shutdown (MainProcess)' in worker.output
    assert not [child for child in children if is_alive(child)]
