"""Reads the tables of the notes, so that each of their rows can be a test."""

import re

from tests.pages import PAGES

SEPARATOR = re.compile(r'\|(?:\s*-+\s*\|)+')


def table(*header: str) -> list[list[str]]:
    """Find the one table with these headings.

    Args:
        header: the headings of its columns.

    Returns:
        The cells of each row; a code span has lost its backticks.

    Raises:
        LookupError: there is no such table, or more than one.
    """
    found = []
    for lines in (text.splitlines() for text in texts()):
        starts = [n for n, line in enumerate(lines) if _cells(line) == list(header)]
        found += [lines[start + 1 :] for start in starts]
    if len(found) != 1:
        names = ', '.join(page.name for page in PAGES)
        raise LookupError(f'{len(found)} tables in {names} have the header {header}')
    separator, *lines = found[0]
    if not SEPARATOR.fullmatch(separator):
        raise LookupError(f'below the header {header} stands no separator, but {separator!r}')
    rows = []
    for line in lines:
        if not line.startswith('|'):
            break
        cells = _cells(line)
        if len(cells) != len(header):
            raise LookupError(f'{len(cells)} cells and not {len(header)}: {line}')
        rows.append(cells)
    return rows


def texts() -> list[str]:
    """What the pages say."""
    return [path.read_text() for path in PAGES]


def _cells(line: str) -> list[str]:
    cells = [cell.strip() for cell in line.strip().strip('|').split('|')]
    return [re.sub(r'`` ?(.+?) ?``|`([^`]+)`', r'\1\2', cell) for cell in cells]
