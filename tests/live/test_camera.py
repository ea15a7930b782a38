"""camera.py and event_receiver.py watch a real worker."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from celery import Celery

from playground.terminal import Terminal
from playground.virtual_environment import REPOSITORY
from tests.live.conftest import StartWorker

SECONDS = 20.0


def test_the_camera_keeps_what_happened(
    start_worker: StartWorker,
    open_terminal: Callable[[str], Terminal],
    caller: Celery,
    tmp_path: Path,
) -> None:
    start_worker('control_panel', '-E')
    # A folder of its own for the database, and the app's folder for Python.
    camera = open_terminal(
        f'cd "{tmp_path}" && PYTHONPATH="{REPOSITORY}"'
        ' celery -A camera events --camera=camera.Album --frequency=0.2'
    )
    camera.wait_for('snapshot: control_panel-', SECONDS)
    for divisor in (0, 3):
        caller.send_task('control_panel.divide', (6, divisor), queue='control_panel')
    camera.wait_for('control_panel.divide SUCCESS', SECONDS)
    camera.wait_for('control_panel.divide FAILURE', SECONDS)
    with closing(sqlite3.connect(tmp_path / 'album.sqlite3')) as database:
        states = database.execute('SELECT name, state FROM tasks ORDER BY state').fetchall()
    assert states == [('control_panel.divide', 'FAILURE'), ('control_panel.divide', 'SUCCESS')]


def test_the_camera_has_to_be_the_app(open_terminal: Callable[[str], Terminal]) -> None:
    camera = open_terminal('celery -A control_panel events --camera=camera.Album')
    assert camera.wait(SECONDS) != 0
    assert "No module named 'camera'" in camera.output


def test_the_receiver_tells_failures(
    start_worker: StartWorker, open_terminal: Callable[[str], Terminal], caller: Celery
) -> None:
    start_worker('control_panel', '-E')
    receiver = open_terminal('python event_receiver.py')
    receiver.wait_for(' is there', SECONDS)
    caller.send_task('control_panel.divide', (6, 3), queue='control_panel')
    caller.send_task('control_panel.divide', (1, 0), queue='control_panel')
    told = "control_panel.divide with (1, 0): ZeroDivisionError('division by zero')"
    receiver.wait_for(told, SECONDS)
    assert receiver.output.count('control_panel.divide') == 1
