"""What becomes of a handler that an app has set up by itself: production.md, chapter 8."""

import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = 60.0

# What a worker does before anything else (celery/apps/worker.py, setup_logging).
SET_UP = """
import logging
from celery import Celery, signals
from celery.utils.log import get_task_logger
mine = logging.FileHandler('own.log')
app = Celery('logs')
CHOICE
app.log.setup('INFO')
logging.getLogger('shop').info('from the app')
get_task_logger('shop').info('from a task')
"""

NOTHING = """
logging.getLogger().addHandler(mine)
"""
NOT_HIJACKED = """
logging.getLogger().addHandler(mine)
app.conf.worker_hijack_root_logger = False
"""
AFTERWARDS = """
def add(logger, **_): logger.addHandler(mine)
signals.after_setup_logger.connect(add)
signals.after_setup_task_logger.connect(add)
"""
OWN = """
@signals.setup_logging.connect
def set_up(**_):
    logging.getLogger().addHandler(mine)
    logging.getLogger().setLevel('INFO')
"""


@pytest.mark.parametrize(
    ('choice', 'own', 'workers'),
    [
        (NOTHING, [], ['from the app', 'from a task']),
        (NOT_HIJACKED, ['from the app'], ['from a task']),
        (AFTERWARDS, ['from the app', 'from a task'], ['from the app', 'from a task']),
        (OWN, ['from the app', 'from a task'], []),
    ],
    ids=['nothing', 'not hijacked', 'afterwards', 'own'],
)
def test_what_a_handler_of_the_app_gets(
    tmp_path: Path, choice: str, own: list[str], workers: list[str]
) -> None:
    ended = run(SET_UP.replace('CHOICE', choice), tmp_path)
    assert (tmp_path / 'own.log').read_text().splitlines() == own
    assert [line.partition('] ')[2].removeprefix('???[???]: ') for line in ended] == workers


def run(script: str, folder: Path) -> list[str]:
    """Run a script in a folder, and return what it wrote to standard error."""
    ended = subprocess.run(
        [sys.executable, '-c', script],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    return ended.stderr.splitlines()
