"""states.py with a real worker: what only a worker shows."""

import re
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest
from celery import Celery
from celery.result import AsyncResult

from playground.services.running import Services
from playground.terminal import Terminal, reader_environment
from playground.virtual_environment import REPOSITORY
from playground.waiting import wait_until
from tests.live.conftest import StartWorker
from tests.live.running_tasks import wait_until_they_run

RESULT_SECONDS = 20.0


def stored_states(result: AsyncResult) -> list[str]:
    """Wait for the end of a task and list each state that its worker stored."""
    found: list[str] = []
    result.get(
        timeout=RESULT_SECONDS,
        propagate=False,
        on_message=lambda message: found.append(message['status']),
    )
    return found


@pytest.mark.parametrize(
    ('options', 'states'),
    [
        ('', ['STARTED', 'RETRY', 'STARTED', 'RETRY', 'STARTED', 'SUCCESS']),
        ('-- task_track_started=no', ['RETRY', 'RETRY', 'SUCCESS']),
    ],
)
def test_a_task_that_fails_twice(
    start_worker: StartWorker, caller: Celery, options: str, states: list[str]
) -> None:
    start_worker('examples.states', options)
    # The countdown is there for the caller: it has to listen before the first state is stored.
    result = caller.send_task('examples.states.fail_first', (2,), queue='states', countdown=2)
    assert stored_states(result) == states


def test_statedb_keeps_what_is_revoked_over_a_restart(
    start_worker: StartWorker, caller: Celery, tmp_path: Path
) -> None:
    options = f'--statedb={tmp_path}/worker.state'
    first = start_worker('examples.states', options)
    result = caller.send_task('examples.states.sleep', (0,), queue='states', countdown=60)
    first.wait_for(f'Task examples.states.sleep[{result.id}] received', RESULT_SECONDS)
    result.revoke()
    first.wait_for(f'Tasks flagged as revoked: {result.id}', RESULT_SECONDS)
    assert caller.AsyncResult(result.id).state == 'REVOKED'
    first.stop()
    second = start_worker('examples.states', options)
    second.wait_for(f'Discarding revoked task: examples.states.sleep[{result.id}]', RESULT_SECONDS)


def test_the_script_draws_a_bar_that_grows(start_worker: StartWorker, running: Services) -> None:
    worker = start_worker('examples.states')
    environment = {**reader_environment(running), 'TERM': 'xterm', 'COLUMNS': '80'}
    with pexpect.spawn(
        'python -m examples.states',
        env=environment,
        cwd=str(REPOSITORY),
        timeout=RESULT_SECONDS,
    ) as terminal:
        drawn = terminal.read().decode()
    percents = [int(number) for number in re.findall(r'(\d+)%', drawn)]
    assert percents[0] == 0
    assert percents[-1] == 100
    assert percents == sorted(percents)
    assert len(set(percents)) > 2, f'the bar jumped: {percents}'
    assert terminal.exitstatus == 0
    worker.wait_for("'counted to 15'", RESULT_SECONDS)


def test_a_worker_of_another_app_gets_none_of_these_tasks(
    start_worker: StartWorker, open_terminal: Callable[[str], Terminal], caller: Celery
) -> None:
    other = start_worker('vege')
    script = open_terminal(
        'python -c "from examples import states; print(states.divide.delay(6, 3).id)"'
    )
    assert script.wait(RESULT_SECONDS) == 0
    worker = start_worker('examples.states')
    assert caller.AsyncResult(script.output.strip()).get(timeout=RESULT_SECONDS) == 2
    worker.wait_for('Task examples.states.divide[', RESULT_SECONDS)
    assert 'examples.states.divide' not in other.output


def test_revoked_is_not_final_where_started_is_not_stored(
    start_worker: StartWorker, caller: Celery
) -> None:
    """Another worker stores it for a task that it does not know: README.md, chapter 7."""
    for _ in range(2):
        start_worker('examples.slow', '-c 1')
    result = caller.send_task('examples.slow.wait', (6,), queue='slow')
    wait_until_they_run(caller, result)
    assert result.state == 'PENDING'
    result.revoke()
    assert wait_until(lambda: result.state == 'REVOKED', RESULT_SECONDS)
    assert result.ready()
    assert wait_until(lambda: caller.AsyncResult(result.id).state == 'SUCCESS', RESULT_SECONDS)


def test_revoked_is_not_stored_where_started_is(start_worker: StartWorker, caller: Celery) -> None:
    for _ in range(2):
        start_worker('examples.states', '-c 1')
    result = caller.send_task('examples.states.sleep', (3,), queue='states')
    assert wait_until(lambda: result.state == 'STARTED', RESULT_SECONDS)
    result.revoke()
    assert 'REVOKED' not in stored_states(result)
    assert result.state == 'SUCCESS'
