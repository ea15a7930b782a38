"""The pictures of make timeline: some drawn from bars that are made up, and those of the notes."""

from pathlib import Path

import pytest

from playground.timeline.drawing import draw
from playground.timeline.recording import Bar
from playground.timeline.themes import COLOURS
from playground.virtual_environment import REPOSITORY
from tests.picture_colours import contrast, dark_theme, shapes, written_colours
from vege4 import canvases

PICTURES = sorted((REPOSITORY / 'pictures').glob('timeline-*.svg'))

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

# GitHub's own: white, dark, and dark dimmed.
LIGHT_GROUNDS = ('#ffffff',)
DARK_GROUNDS = ('#0d1117', '#212830')

# The contrast that WCAG 2 asks for: of small letters, and of lines that mean something.
LETTERS = 4.5
LINES = 3.0


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
    bars = {path.stem: path.read_text().count('<g id="task-') for path in PICTURES}
    assert bars == {f'timeline-{name}': number for name, number in TASKS.items()}
    assert set(TASKS) == set(canvases)


@pytest.mark.parametrize('picture', PICTURES, ids=lambda path: path.stem)
def test_text_is_legible_in_both_themes(picture: Path) -> None:
    drawn = shapes(picture)
    bars = {shape.group: shape for shape in drawn if shape.group.startswith('task-')}
    letters = [shape for shape in drawn if shape.group.startswith(('text_', 'label-'))]
    assert {shape.group for shape in letters} >= {bar.replace('task', 'label') for bar in bars}
    for letter in letters:
        light, dark = list(LIGHT_GROUNDS), list(DARK_GROUNDS)
        bar = bars.get(letter.group.replace('label', 'task'))
        if bar is not None:
            light.append(bar.light['fill'])
            dark.append(bar.dark['fill'])
        assert min(contrast(letter.light['fill'], ground) for ground in light) >= LETTERS
        assert min(contrast(letter.dark['fill'], ground) for ground in dark) >= LETTERS


@pytest.mark.parametrize('picture', PICTURES, ids=lambda path: path.stem)
def test_bars_stand_out_in_both_themes(picture: Path) -> None:
    bars = [shape for shape in shapes(picture) if shape.group.startswith('task-')]
    assert bars
    for bar in bars:
        assert min(contrast(bar.light['stroke'], ground) for ground in LIGHT_GROUNDS) >= LINES
        assert min(contrast(bar.dark['stroke'], ground) for ground in DARK_GROUNDS) >= LINES


@pytest.mark.parametrize('picture', PICTURES, ids=lambda path: path.stem)
def test_the_ground_is_the_readers(picture: Path) -> None:
    for shape in shapes(picture):
        if shape.has_area and not shape.group.startswith(('task-', 'text_', 'label-')):
            assert (shape.light['fill'], shape.dark['fill']) == ('none', 'none')


@pytest.mark.parametrize('picture', PICTURES, ids=lambda path: path.stem)
def test_each_colour_is_in_both_themes(picture: Path) -> None:
    theme = dark_theme(picture)
    assert written_colours(picture) == set(theme)
    assert {(light, dark) for (_, light), dark in theme.items()} <= set(COLOURS)
