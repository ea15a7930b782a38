"""Makes the tables of results."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from lab import page as lab_page
from lab.results import Results, Row, receipt
from lab.servers import RABBITMQ, REDIS
from lab.throughput import contenders, layers
from lab.throughput.contenders import DEFAULT, Contender
from lab.throughput.machine import BUSY

PAGE = Path(__file__).parent / 'README.md'

DRAIN, SEND, LATENCY, LAYERS = 'drain', 'send', 'latency', 'layers'
TITLES = {
    DRAIN: 'A full queue is emptied',
    SEND: 'Tasks are sent',
    LATENCY: 'A task waits',
    LAYERS: 'Where the time goes',
}
HEADS = {
    DRAIN: ('setting', 'tasks a second', 'factor', 'MB', 'price'),
    SEND: ('way', 'tasks a second', 'factor', 'price'),
    LATENCY: ('setting', '50 %', '95 %', '99 %'),
    LAYERS: ('program', *layers.NAMES, layers.OTHER),
}
PERCENTILES = ('p50', 'p95', 'p99')
ALL = {
    DRAIN: (*contenders.DRAINS, *contenders.PEER_DRAINS, *contenders.CEILINGS),
    SEND: (*contenders.SENDERS, *contenders.PEER_SENDERS, *contenders.CEILINGS),
    LATENCY: (*contenders.LATENCIES, *contenders.PEER_LATENCIES),
    LAYERS: (Contender(layers.WORKER), Contender(layers.CALLER)),
}


def rows_of(rows: Iterable[Row], mode: str, broker: str, contender: str) -> list[Row]:
    """The rounds of one contender, in their order.

    Args:
        rows: all results.
        mode: which measurement.
        broker: its name.
        contender: its name.
    """
    wanted = mode, broker, contender
    found = [row for row in rows if (row['mode'], row['broker'], row['contender']) == wanted]
    return sorted(found, key=lambda row: int(row['round']))


def factors(rows: Sequence[Row], mode: str, broker: str, contender: str) -> list[float]:
    """How many times as fast as Celery as it comes, round by round.

    Args:
        rows: all results.
        mode: ``DRAIN`` or ``SEND``.
        broker: its name.
        contender: its name.
    """
    base = {row['round']: row['rate'] for row in rows_of(rows, mode, broker, DEFAULT)}
    found = rows_of(rows, mode, broker, contender)
    return [row['rate'] / base[row['round']] for row in found if row['round'] in base]


def spread(values: Sequence[float], shown: Callable[[float], str]) -> str:
    """The mean with the standard deviation, if there is one.

    Args:
        values: one for each round.
        shown: makes a text of a number.
    """
    if not values:
        return '–'
    mean = shown(statistics.mean(values))
    return f'{mean} ± {shown(statistics.stdev(values))}' if len(values) > 1 else mean


def table(rows: Sequence[Row], mode: str, broker: str) -> list[str]:
    """The lines of one measurement on one broker, without a title.

    Args:
        rows: all results.
        mode: which measurement.
        broker: its name.
    """
    lines = []
    for contender in ALL[mode]:
        found = rows_of(rows, mode, broker, contender.name)
        if not found:
            continue
        cells = [contender.name + mark(found)]
        if mode == LATENCY:
            cells += [spread([row[name] for row in found], milliseconds) for name in PERCENTILES]
        elif mode == LAYERS:
            found_shares = found[0]['shares']
            cells += [f'{found_shares.get(name, 0):.0%}' for name in HEADS[LAYERS][1:]]
        else:
            cells.append(spread([row['rate'] for row in found], '{:,.0f}'.format))
            cells.append(spread(factors(rows, mode, broker, contender.name), '{:.2f}'.format))
            if mode == DRAIN:
                cells.append(f'{statistics.mean(row["memory"] for row in found):.0f}')
            cells.append(contender.price)
        lines.append(f'| {" | ".join(cells)} |')
    head = HEADS[mode]
    return [f'| {" | ".join(head)} |', f'|{"---|" * len(head)}', *lines] if lines else []


def mark(found: Sequence[Row]) -> str:
    """What stands beside a name: what was miscounted, or that the machine was busy.

    Args:
        found: the rounds of one contender.
    """
    missing, repeated = (sum(row.get(name, 0) for row in found) for name in ('missing', 'repeated'))
    text = ' \\*' if max(row['others'] for row in found) > BUSY else ''
    if missing:
        text += f' ({missing:,} tasks never ran)'
    if repeated:
        text += f' ({repeated:,} tasks ran twice)'
    return text


def milliseconds(value: float) -> str:
    """A time of a table."""
    return f'{value:.1f} ms'


def section(rows: Sequence[Row]) -> str:
    """The results as Markdown.

    Args:
        rows: all of them.
    """
    lines = ['## Results', '']
    for broker in (RABBITMQ, REDIS):
        versions = sorted({row['version'] for row in rows if row['broker'] == broker})
        for mode, title in TITLES.items():
            made = table(rows, mode, broker)
            if made:
                lines += [f'### {title}: {broker} {", ".join(versions)}', '', *made, '']
    busy = max((row['others'] for row in rows), default=0)
    if busy > BUSY:
        lines += [
            f'\\* The machine was busy with other things: they took up to {busy:.0%} of it.'
            ' These figures tell little.',
            '',
        ]
    return '\n'.join(lines)


def with_results(page: str, results: Results) -> str:
    """Put the results in the place of those on a page, or at its end.

    Args:
        page: the text of README.md.
        results: all of them.
    """
    picture = '![Each setting’s factor on each broker; the tables say it](results.svg)'
    layers_picture = '![The layers in which the time goes](results-layers.svg)'
    made = f'{receipt(results.choices)}\n\n{picture}\n\n{layers_picture}\n\n{section(results.rows)}'
    return lab_page.with_results(page, made)
