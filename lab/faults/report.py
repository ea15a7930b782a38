"""Makes the table of results."""

from collections.abc import Sequence
from pathlib import Path

from lab.faults.count import interval
from lab.faults.experiments import FAULTS
from lab.faults.results import Row

PAGE = Path(__file__).parent / 'README.md'
BEGIN, END = '<!-- results -->', '<!-- end of results -->'

HEAD = ('fault', 'settings', 'broker', 'strikes', 'lost', '95 %', 'twice', 'twice, with a key')


def cells(row: Row) -> list[str]:
    """One row of the table.

    Args:
        row: as ``Trial.run`` returns it.
    """
    lower, upper = interval(row['lost'], row['accepted'])
    return [
        row['fault'],
        row['profile'],
        f'{row["broker"]} {row["version"]}',
        str(row['strikes']),
        f'{row["lost"]} of {row["accepted"]}',
        f'{lower:.2%} to {upper:.2%}',
        str(row['duplicated']),
        str(row['duplicated_once']),
    ]


def section(rows: Sequence[Row]) -> str:
    """The results as Markdown."""
    lines = ['## Results', '', f'| {" | ".join(HEAD)} |', f'|{"---|" * len(HEAD)}']
    lines += [f'| {" | ".join(cells(row))} |' for row in rows]
    faults = dict.fromkeys(row['fault'] for row in rows)
    lines += ['', *(f'- `{name}`: {FAULTS[name].description}' for name in faults)]
    return '\n'.join(lines)


def with_results(page: str, rows: Sequence[Row]) -> str:
    """Put the results in the place of those on a page, or at its end.

    Args:
        page: the text of README.md.
        rows: all results.
    """
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(f'{END}\n')
    return f'{before.rstrip()}\n\n{BEGIN}\n{section(rows)}\n{END}\n{after}'
