"""The pictures of make timeline, drawn from bars that are made up."""

from pathlib import Path

from playground.timeline.drawing import draw
from playground.timeline.recording import Bar
from playground.virtual_environment import REPOSITORY
from vege4 import canvases

PROCESSES = ['ForkPoolWorker-1', 'ForkPoolWorker-2']
BARS = [
    Bar('add', 'ForkPoolWorker-1', 0.1, 0.3),
    Bar('mul', 'ForkPoolWorker-2', 0.1, 0.5),
    Bar('total', 'ForkPoolWorker-1', 0.5, 2.0),
]
# How many tasks each canvas of vege4.py is.
TASKS = {
    'chain': 3,
    'group': 6,
    'chord': 5 + 1,
    'starmap': 1,
    'chunks': 6 // 2,
    'nested': 1 + 4 + 2,
}


def test_each_task_is_a_bar(tmp_path: Path) -> None:
    draw('chord', BARS, PROCESSES, tmp_path / 'three.svg')
    assert (tmp_path / 'three.svg').read_text().count('<g id="task-') == 3


def test_the_same_run_makes_the_same_file(tmp_path: Path) -> None:
    for name in ('one.svg', 'two.svg'):
        draw('chord', BARS, PROCESSES, tmp_path / name)
    picture = (tmp_path / 'one.svg').read_text()
    assert picture == (tmp_path / 'two.svg').read_text()
    assert 'dc:date' not in picture


def test_each_picture_has_a_bar_for_each_task() -> None:
    folder = REPOSITORY / 'pictures'
    bars = {path.stem: path.read_text().count('<g id="task-') for path in folder.iterdir()}
    assert bars == {f'timeline-{name}': number for name, number in TASKS.items()}
    assert set(TASKS) == set(canvases)
