"""make timeline: as many bars as tasks were run."""

import re
import sys
from collections.abc import Callable

from playground.terminal import Terminal
from tests.live.conftest import StartWorker
from tests.live.launcher import Launcher
from tests.test_timeline import TASKS

SECONDS = 60.0

RECORD = """
from playground.timeline.recording import record
from vege4 import app, canvases
print({name: len(record(app, canvas)) for name, canvas in canvases.items()})
"""


def test_there_are_as_many_bars_as_tasks(
    start_worker: StartWorker, open_terminal: Callable[[str], Terminal]
) -> None:
    worker = start_worker('vege4', '-c 3 -E -I playground.timeline.announcer')
    script = open_terminal(f'python -c "{RECORD}"')
    assert script.wait(SECONDS) == 0, script.output
    assert script.output == f'{TASKS}\n'
    ends = sum(TASKS.values())
    worker.wait_until(lambda log: log.count(' succeeded in ') == ends, SECONDS, 'an end for each')


def test_make_timeline_draws_a_canvas(launcher: Launcher) -> None:
    picture = launcher.repository / 'pictures' / 'timeline-chord.svg'
    picture.write_text('')
    launcher.start('make', 'timeline', 'CANVAS=chord', f'PYTHON={sys.executable}')
    assert launcher.wait(SECONDS) == 0, launcher.output
    # Five in the header, and the body.
    line = r'pictures/timeline-chord\.svg: 6 tasks in \d+\.\d seconds\n'
    assert re.fullmatch(line, launcher.output)
    assert picture.read_text().count('<g id="task-') == 6
    launcher.assert_nothing_is_left()
