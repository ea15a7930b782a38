"""vege1.py with a real beat and a real worker."""

import shlex
from collections.abc import Callable
from pathlib import Path

from playground.terminal import Terminal
from tests.live.conftest import StartWorker

TICK_SECONDS = 25.0


def test_beat_delivers_to_a_worker(
    start_worker: StartWorker, open_terminal: Callable[[str], Terminal], tmp_path: Path
) -> None:
    record = shlex.quote(str(tmp_path / 'celerybeat-schedule'))
    beat = open_terminal(f'celery -A vege1 beat -l info -s {record} --pidfile=')
    worker = start_worker('vege1')
    beat.wait_for('Sending due task add-every-10-seconds (vege1.add)', TICK_SECONDS)
    worker.wait_until(
        lambda output: 'Task vege1.add[' in output and 's: 32' in output, TICK_SECONDS, '16 + 16'
    )
    assert list(tmp_path.iterdir()), 'beat keeps its record where -s says'
