"""What README.md, chapter 12, says of tasks that wait, of coroutines, and of a test."""

from collections.abc import Callable
from pathlib import Path

import pytest
from celery import Celery

from playground.terminal import Terminal
from playground.virtual_environment import REPOSITORY
from tests.live.conftest import StartModule

SECONDS = 20.0
MISTAKES = """
from celery import Celery
app = Celery('mistakes')
app.conf.task_default_queue = 'mistakes'
@app.task
def one():
    return 1
@app.task
def waits():
    return one.delay().get(timeout=10)
@app.task(ignore_result=True)
async def never_runs():
    print('it ran')
"""


@pytest.fixture
def worker(start_module: StartModule) -> Terminal:
    return start_module('mistakes', MISTAKES, '-c 1')


def test_a_task_may_not_wait_for_another(worker: Terminal, caller: Celery) -> None:
    result = caller.send_task('mistakes.waits', queue='mistakes')
    with pytest.raises(RuntimeError, match=r'Never call result\.get\(\) within a task!'):
        result.get(timeout=SECONDS)


def test_a_coroutine_without_a_result_succeeds_and_never_runs(
    worker: Terminal, caller: Celery
) -> None:
    result = caller.send_task('mistakes.never_runs', queue='mistakes')
    worker.wait_for(f'Task mistakes.never_runs[{result.id}] succeeded', SECONDS)
    caller.send_task('mistakes.one', queue='mistakes').get(timeout=SECONDS)
    assert 'it ran' not in worker.output


def test_the_files_need_nothing_else_of_the_notes(
    open_terminal: Callable[[str], Terminal], tmp_path: Path
) -> None:
    for path in (REPOSITORY / 'own_program').glob('*.py'):
        (tmp_path / path.name).write_text(path.read_text())
    terminal = open_terminal(f'cd "{tmp_path}" && python -m pytest -q test_tasks.py')
    assert terminal.wait(SECONDS) == 0
    assert '1 passed' in terminal.output
