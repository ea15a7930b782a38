"""Makes the tables of results."""

from collections.abc import Sequence
from pathlib import Path

from lab import page as lab_page
from lab import servers
from lab.faults import profiles
from lab.faults.count import interval
from lab.faults.experiments import FAULTS
from lab.faults.fault import Moment
from lab.results import Results, Row, receipt

PAGE = Path(__file__).parent / 'README.md'

# A task that ran twice is in a column of its own.
USUAL_RUNS = 2

PICTURE = '![The rate of lost tasks for each fault, on each broker; the tables say it](results.svg)'
HEAD = (
    'fault',
    'settings',
    'strikes',
    'lost',
    '95 %',
    'twice',
    'with a key',
    'pause',
    'beside that',
)


def cells(row: Row) -> list[str]:
    """One row of a table.

    Args:
        row: as ``Trial.run`` returns it.
    """
    lower, upper = interval(row['lost'], row['accepted']) if row['accepted'] else (0.0, 1.0)
    return [
        f'`{row["fault"]}`',
        row['profile'],
        str(row['strikes']),
        f'{row["lost"]:,} of {row["accepted"]:,}',
        f'{lower:.2%} to {upper:.2%}',
        f'{row["duplicated"]:,}',
        str(row['duplicated_once']),
        pause(row),
        ', '.join(remarks(row)),
    ]


def pause(row: Row) -> str:
    """The longest time from a strike to the next start of a task.

    Args:
        row: as ``Trial.run`` returns it. A fault that strikes while no worker runs has no pause.
    """
    seconds = row['seconds to recover']
    at_work = FAULTS[row['fault']].moment is Moment.AT_WORK
    return f'{seconds:.1f} s' if at_work and seconds is not None else '–'


def remarks(row: Row) -> list[str]:
    """What a row says beside its counts.

    Args:
        row: as ``Trial.run`` returns it.
    """
    raised = row['attempted'] - row['accepted']
    most = row['most runs of a task']
    unfinished, held = row['done without a result'], row['still in the broker']
    hangs = row['hangs of the worker']
    found = [
        (raised, f'calls that raised an error: {raised:,}'),
        (row['recovered'], f'of these ran: {row["recovered"]:,}'),
        (unfinished, f'done without a result: {unfinished:,}'),
        (held, f'still in the broker: {held:,}'),
        (hangs, f'the worker hung {"once" if hangs == 1 else f"{hangs:,} times"}'),
        (not row['the worker stays'], 'no worker stays alive'),
        (most > USUAL_RUNS, f'one ran {most} times'),
    ]
    states, notices = sorted(row['states'].items()), sorted(row['notices'].items())
    found += [(state != 'SUCCESS', f'{number:,} {state}') for state, number in states]
    found += [(number, f'{meaning}: {number:,}') for meaning, number in notices]
    return [remark for holds, remark in found if holds]


def table(broker: str, rows: Sequence[Row]) -> list[str]:
    """The lines of what was counted on one broker, fault by fault.

    Args:
        broker: its name.
        rows: all results.
    """
    own = [row for row in rows if row['broker'] == broker]
    own.sort(
        key=lambda row: (list(FAULTS).index(row['fault']), profiles.NAMES.index(row['profile']))
    )
    versions = ', '.join(sorted({row['version'] for row in own}))
    lines = [f'### {broker} ({versions})', '', f'| {" | ".join(HEAD)} |', f'|{"---|" * len(HEAD)}']
    return [*lines, *(f'| {" | ".join(cells(row))} |' for row in own), '']


def brokers(rows: Sequence[Row]) -> list[str]:
    """The brokers of some results, each once.

    Args:
        rows: the results.
    """
    known = [*servers.LOCAL, *servers.CONTAINERS]
    return [broker for broker in known if any(row['broker'] == broker for row in rows)]


def section(rows: Sequence[Row]) -> str:
    """The results as Markdown.

    Args:
        rows: all of them.
    """
    lines = ['## Results', '']
    for broker in brokers(rows):
        lines += table(broker, rows)
    return '\n'.join(lines)


def missing(rows: Sequence[Row]) -> int:
    """Count the rows of a full run with Docker that are not there yet.

    Args:
        rows: the results.
    """
    there = {(row['fault'], row['profile'], row['broker']) for row in rows}
    return sum(
        (fault.name, profile, broker) not in there
        for broker in servers.NEWEST
        for fault in FAULTS.values()
        if fault.runs_on(broker)
        for profile in profiles.NAMES
    )


def with_results(page: str, results: Results) -> str:
    """Put the results in the place of those on a page, or at its end.

    Args:
        page: the text of README.md.
        results: all of them.
    """
    lines = [receipt(results.choices), '']
    left = missing(results.rows)
    if left:
        lines += [f'This run goes on: {left} of its rows are not counted yet.', '']
    lines += [PICTURE, '', section(results.rows)]
    return lab_page.with_results(page, '\n'.join(lines))
