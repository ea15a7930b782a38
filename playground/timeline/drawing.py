"""Draws the bars of one run: a row for each pool process, time to the right."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from playground.timeline.recording import Bar

# Light, for the names in black upon them.
COLOURS = {'add': '#9ecae1', 'mul': '#fdbe85', 'total': '#a1d99b'}
OTHER_COLOUR = '#cbc9e2'

# Pictures side by side share a scale.
LEAST_SECONDS = 1.2


def draw(title: str, bars: list[Bar], processes: list[str], path: Path) -> None:
    """Draw a timeline.

    Args:
        title: stands above it.
        bars: the tasks that ran.
        processes: the rows, from the top.
        path: where to write it; its suffix, as in ``.svg``, says the format.
    """
    # A fixed salt and a font of matplotlib's own: the same bars are the same file everywhere.
    with mpl.rc_context({'svg.hashsalt': 'timeline', 'font.family': 'DejaVu Sans', 'font.size': 9}):
        figure = Figure(figsize=(4.2, 2.4), layout='constrained')
        axes = figure.add_subplot(title=title, xlabel='seconds since the call')
        axes.set_ylabel('pool process')
        axes.set_yticks(range(len(processes)), [name.rpartition('-')[2] for name in processes])
        axes.set_ylim(len(processes) - 0.5, -0.5)
        axes.set_xlim(0, max([LEAST_SECONDS, *(bar.end * 1.05 for bar in bars)]))
        axes.grid(axis='x', color='#dddddd')
        axes.set_axisbelow(True)
        for number, bar in enumerate(bars, start=1):
            row = processes.index(bar.process)
            colour = COLOURS.get(bar.task, OTHER_COLOUR)
            width = bar.end - bar.begin
            drawn = axes.barh(row, width, 0.7, bar.begin, color=colour, edgecolor='#333333')
            drawn[0].set_gid(f'task-{number}')
            axes.text(bar.begin + width / 2, row, bar.task, ha='center', va='center', size=8)
        path.parent.mkdir(exist_ok=True)
        figure.savefig(path, metadata={'Date': None} if path.suffix == '.svg' else None)
