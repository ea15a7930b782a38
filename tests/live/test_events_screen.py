"""celery events in a terminal: what README.md, chapter 9, says of the screen and its keys."""

from collections.abc import Iterator

import pexpect
import pytest
from celery import Celery

from playground.services.running import Services
from playground.terminal import Terminal, reader_environment
from playground.virtual_environment import REPOSITORY
from tests.live.conftest import StartWorker

SECONDS = 30
ROWS, COLUMNS = 30, 120
# LINES and COLUMNS win over the true size, and the process that runs the test may have them.
# From Python 3.13 on a traceback in a terminal has colours.
TERMINAL = {'TERM': 'xterm', 'LINES': str(ROWS), 'COLUMNS': str(COLUMNS), 'PYTHON_COLORS': '0'}
ATTEMPTS = 10

BROKEN = "TypeError: 'dict_items' object is not an iterator"


@pytest.fixture
def worker(start_worker: StartWorker) -> Terminal:
    return start_worker('vege', '-c 1 -E')


@pytest.fixture
def screen(running: Services, worker: Terminal) -> Iterator[pexpect.spawn]:
    screen = pexpect.spawn(
        'celery -A vege events',
        env={**reader_environment(running), **TERMINAL},
        cwd=str(REPOSITORY),
        dimensions=(ROWS, COLUMNS),
        encoding='utf-8',
        timeout=SECONDS,
    )
    screen.expect_exact('Workers online: ')
    # Its first event has come, so the screen will not miss those of a task.
    screen.expect_exact('vege-')
    yield screen
    # SIGHUP, SIGINT and SIGKILL follow each other after so many seconds.
    screen.ptyproc.delayafterterminate = 2.0
    screen.close(force=True)


@pytest.fixture
def task(caller: Celery, screen: pexpect.spawn) -> str:
    """A task that has run, selected on the screen."""
    result = caller.send_task('vege.hello', ('Chris',))
    assert result.get(timeout=SECONDS) == 'hello Chris'
    screen.expect_exact(result.id)
    screen.send('j')
    screen.expect_exact('Selected: ')
    return str(result.id)


def test_keys_show_result_and_details(screen: pexpect.spawn, task: str) -> None:
    screen.send('r')
    screen.expect_exact(f'Task Result for {task}')
    screen.expect_exact('hello Chris')
    screen.send(' ')
    screen.expect_exact('Selected: ')
    screen.send('i')
    screen.expect_exact(f'Task details for {task}')
    screen.expect_exact("('Chris',)")
    screen.send(' ')
    screen.expect_exact('Selected: ')


def test_control_c_ends_the_screen(worker: Terminal, screen: pexpect.spawn) -> None:
    # No event comes any more: a Ctrl-C that interrupts the reading of one from RabbitMQ leaves the
    # screen waiting for an answer to its good-bye, until a second Ctrl-C.
    worker.kill()
    screen.sendcontrol('c')
    screen.expect_exact(pexpect.EOF)
    screen.close()
    assert screen.exitstatus == 0


def test_key_c_revokes_and_stops_the_screen(
    worker: Terminal, screen: pexpect.spawn, task: str
) -> None:
    for _ in range(ATTEMPTS):
        screen.send('c')
        # Where the worker is too busy to answer within a second, the screen says so and goes on.
        if screen.expect_exact([BROKEN, 'No replies received in 1s deadline.']) == 0:
            break
        screen.send(' ')
    else:
        pytest.fail(f'the worker never answered in time: {worker.last_words()}')
    worker.wait_for(f'Tasks flagged as revoked: {task}', SECONDS)
