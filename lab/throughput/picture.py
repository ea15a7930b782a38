"""Draws the factors: a row for each contender, a panel for each broker."""

import re
import statistics
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.results import Row
from lab.servers import RABBITMQ, REDIS
from lab.throughput import layers, report
from lab.throughput.contenders import CEILING
from lab.throughput.report import DRAIN, LAYERS, SEND
from playground.timeline.drawing import STYLE, save
from playground.timeline.themes import GRID, LINE, OTHER_TASK, TASKS, TEXT

PATH = Path(__file__).parent / 'results.svg'

# A layer is told by its name in the bar; one that is too thin for it, by the table.
LEAST_LABELLED = 0.07
COLOURS = dict(
    zip(
        (*layers.NAMES, layers.OTHER),
        (GRID, TASKS['add'], TASKS['add'], OTHER_TASK, TASKS['mul'], TASKS['total'], GRID),
        strict=True,
    )
)

TITLES = {DRAIN: 'a full queue is emptied', SEND: 'tasks are sent'}


def draw(rows: Sequence[Row], path: Path = PATH) -> None:
    """Draw a picture that follows the reader's theme.

    Args:
        rows: all results.
        path: where to write it, as SVG.
    """
    brokers = [broker for broker in (RABBITMQ, REDIS) if any(r['broker'] == broker for r in rows)]
    names = {mode: found for mode in TITLES if (found := _names(rows, mode))}
    heights = [len(found) for found in names.values()]
    with mpl.rc_context(STYLE):
        figure = Figure(
            figsize=(3.2 + 2.4 * len(brokers), 1.4 + 0.22 * sum(heights)), layout='constrained'
        )
        panels = figure.subplots(
            len(names),
            len(brokers),
            sharex=True,
            sharey='row',
            squeeze=False,
            height_ratios=heights,
        )
        for row, mode in enumerate(names):
            for column, broker in enumerate(brokers):
                _draw_panel(panels[row][column], rows, mode, broker, names[mode])
            panels[row][0].set_yticks(range(len(names[mode])), map(_plain, names[mode]))
            panels[row][0].set_ylim(len(names[mode]) - 0.5, -0.5)
        for panel in panels[-1]:
            panel.set_xlabel('times as fast as Celery as it comes')
        save(figure, path)


def _names(rows: Sequence[Row], mode: str) -> list[str]:
    measured = {row['contender'] for row in rows if row['mode'] == mode}
    return [each.name for each in report.ALL[mode] if each.name in measured]


def _plain(name: str) -> str:
    """A name without Markdown."""
    return re.sub(r'\[(.+?)\]\(.+?\)', r'\1', name).replace('`', '')


def _draw_panel(
    panel: Axes, rows: Sequence[Row], mode: str, broker: str, names: Sequence[str]
) -> None:
    panel.set_title(f'{broker}: {TITLES[mode]}', size=9)
    panel.set_xscale('log')
    panel.set_xticks((0.1, 0.3, 1, 3, 10, 30), ('0.1', '0.3', '1', '3', '10', '30'))
    panel.minorticks_off()
    panel.grid(axis='x')
    panel.set_axisbelow(True)
    panel.axvline(1, color=LINE.light, linewidth=1)
    for place, name in enumerate(names):
        found = report.factors(rows, mode, broker, name)
        if not found:
            continue
        if name.startswith(CEILING):
            panel.axvline(statistics.mean(found), color=LINE.light, linewidth=1, linestyle='--')
        panel.hlines(place, min(found), max(found), color=TEXT.light, linewidth=1)
        panel.plot(statistics.mean(found), place, 'o', markersize=5, color=TEXT.light)


def layers_beside(path: Path) -> Path:
    """Where the picture of the layers is.

    Args:
        path: that of the factors.
    """
    return path.with_stem(f'{path.stem}-layers')


def draw_layers(rows: Sequence[Row], path: Path) -> None:
    """Draw where the time goes: a bar for each program, a part of it for each layer.

    Args:
        rows: all results.
        path: where to write it, as SVG.
    """
    looked = [row for row in rows if row['mode'] == LAYERS]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8, 0.8 + 0.5 * len(looked)), layout='constrained')
        axes = figure.add_subplot(xlabel='share of the processor’s time, in %')
        axes.set_xlim(0, 100)
        labels = [f'{_plain(row["contender"])}, {row["broker"]}' for row in looked]
        axes.set_yticks(range(len(looked)), labels)
        axes.set_ylim(len(looked) - 0.5, -0.5)
        for place, row in enumerate(looked):
            begin = 0.0
            for name, share in row['shares'].items():
                colour = COLOURS[name].light
                axes.barh(place, 100 * share, 0.7, begin, color=colour, edgecolor=LINE.light)
                if share > LEAST_LABELLED:
                    middle = begin + 50 * share
                    text = name.replace(': ', ':\n')
                    axes.text(middle, place, text, ha='center', va='center', size=7)
                begin += 100 * share
        save(figure, path)
