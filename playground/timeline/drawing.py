"""Draws the bars of one run: a row for each pool process, time to the right."""

import io
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from playground.timeline.recording import Bar
from playground.timeline.themes import GRID, LINE, OTHER_TASK, TASKS, TEXT, add_dark_theme

# A fixed salt and a font of matplotlib's own: the same bars are the same file everywhere.
STYLE: dict[Any, Any] = {
    'svg.hashsalt': 'timeline',
    'font.family': 'DejaVu Sans',
    'font.size': 9,
    'figure.facecolor': 'none',
    'axes.facecolor': 'none',
    'axes.edgecolor': LINE.light,
    'xtick.color': LINE.light,
    'ytick.color': LINE.light,
    'grid.color': GRID.light,
    'text.color': TEXT.light,
    'axes.labelcolor': TEXT.light,
    'xtick.labelcolor': TEXT.light,
    'ytick.labelcolor': TEXT.light,
}

# Pictures side by side share a scale.
LEAST_SECONDS = 1.2


def draw(title: str, bars: list[Bar], processes: list[str], path: Path) -> None:
    """Draw a timeline that follows the reader's theme.

    Args:
        title: stands above it.
        bars: the tasks that ran.
        processes: the rows, from the top.
        path: where to write it, as SVG.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(4.2, 2.4), layout='constrained')
        axes = figure.add_subplot(title=title, xlabel='seconds since the call')
        axes.set_ylabel('pool process')
        axes.set_yticks(range(len(processes)), [name.rpartition('-')[2] for name in processes])
        axes.set_ylim(len(processes) - 0.5, -0.5)
        axes.set_xlim(0, max([LEAST_SECONDS, *(bar.end * 1.05 for bar in bars)]))
        axes.grid(axis='x')
        axes.set_axisbelow(True)
        for number, bar in enumerate(bars, start=1):
            row = processes.index(bar.process)
            colour = TASKS.get(bar.task, OTHER_TASK)
            width = bar.end - bar.begin
            drawn = axes.barh(row, width, 0.7, bar.begin, color=colour.light, edgecolor=LINE.light)
            drawn[0].set_gid(f'task-{number}')
            label = axes.text(
                bar.begin + width / 2, row, bar.task, ha='center', va='center', size=8
            )
            label.set_gid(f'label-{number}')
        path.parent.mkdir(exist_ok=True)
        save(figure, path)


def save(figure: Figure, path: Path) -> None:
    """Write a figure as an SVG that follows the reader's theme; the same figure is the same file.

    Args:
        figure: drawn in the style of this module, and within it.
        path: where to write it.
    """
    picture = io.StringIO()
    figure.savefig(picture, format='svg', metadata={'Date': None})
    path.write_text(add_dark_theme(picture.getvalue()))
