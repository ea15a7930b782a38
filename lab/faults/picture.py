"""Draws the rates of lost tasks, each with its interval: a panel for each broker."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.faults import report
from lab.faults.count import interval
from lab.faults.experiments import FAULTS
from lab.results import Row
from playground.timeline.drawing import STYLE, save
from playground.timeline.themes import LINE, TEXT

PATH = Path(__file__).parent / 'results.svg'

# Told apart without a colour: a ring above, a filled square below.
MARKERS = {'default': ('o', 'none', -0.18), 'vege5': ('s', TEXT.light, 0.18)}
LABELS = {'default': "Celery's own settings", 'vege5': 'vege5.py'}
# Below this rate the scale is linear, so that zero has a place on it.
LINEAR_PERCENT = 0.1
TICKS = (0, 0.1, 1, 10, 100)


def draw(rows: Sequence[Row], path: Path = PATH) -> None:
    """Draw a picture that follows the reader's theme.

    Args:
        rows: all results.
        path: where to write it, as SVG.
    """
    faults = [name for name in FAULTS if any(row['fault'] == name for row in rows)]
    brokers = report.brokers(rows)
    with mpl.rc_context(STYLE):
        figure = Figure(
            figsize=(2.6 + 1.9 * len(brokers), 1.2 + 0.3 * len(faults)), layout='constrained'
        )
        panels = figure.subplots(1, len(brokers), sharey=True, squeeze=False)[0]
        for panel, broker in zip(panels, brokers, strict=True):
            _draw_panel(panel, broker, faults, [row for row in rows if row['broker'] == broker])
        panels[0].set_yticks(range(len(faults)), faults)
        panels[0].set_ylim(len(faults) - 0.5, -0.5)
        # The two kinds of points are explained once.
        handles, labels = panels[0].get_legend_handles_labels()
        explained = dict(zip(labels, handles, strict=True))
        figure.legend(
            explained.values(), explained, loc='outside lower center', ncols=2, frameon=False
        )
        save(figure, path)


def _draw_panel(panel: Axes, broker: str, faults: Sequence[str], rows: Sequence[Row]) -> None:
    panel.set_title(broker)
    panel.set_xlabel('lost, in %')
    panel.set_xscale('symlog', linthresh=LINEAR_PERCENT, linscale=0.5)
    panel.set_xlim(-0.03, 150)
    panel.set_xticks(TICKS, [f'{tick:g}' for tick in TICKS])
    panel.minorticks_off()
    panel.grid(axis='x')
    panel.set_axisbelow(True)
    for row in rows:
        if not row['accepted']:
            continue
        marker, face, below = MARKERS[row['profile']]
        rate = 100 * row['lost'] / row['accepted']
        lower, upper = (100 * end for end in interval(row['lost'], row['accepted']))
        place = faults.index(row['fault']) + below
        panel.hlines(place, lower, upper, color=LINE.light, linewidth=1)
        panel.plot(
            rate,
            place,
            marker,
            markersize=6,
            markerfacecolor=face,
            markeredgecolor=TEXT.light,
            label=LABELS[row['profile']],
        )
