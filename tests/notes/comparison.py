"""Compares what a page shows with what was printed."""

import difflib
import re
from enum import StrEnum

ANYTHING = '...'
BLANK_LINE = '<BLANKLINE>'
TRACEBACK = 'Traceback (most recent call last):'
# Colours, and what clears the rest of a line.
COLOUR = re.compile(r'\x1b\[[0-9;]*[mK]')

# A number of which a page shows a part holds by luck. An address after a ``...`` is whole.
PART_OF_A_NUMBER = re.compile(r'\d[\d.]*\.\.\.(?:[\d.]*\d)?|\.\.\.(?!\d+(?:\.\d+){3})[\d.]*\d')

# Lines that may come anywhere in a worker's terminal, for other programs cause them: a page shows
# them only where it is about them. Flower switches the events of all workers on; workers that start
# and end beside this one are noticed.
ANYWHERE = (
    r'\[[^\n]*\] Events of group \{\w+\} (?:enabled|disabled) by remote\.',
    r'\[[^\n]*\] (?:sync with|missed heartbeat from) [^\n]+',
    r'\[[^\n]*\] Substantial drift from [^\n]+',
)


class How(StrEnum):
    """What of the printed text a page has to show.

    ``WHOLE`` is every line; ``EXCEPTION`` the last lines of a traceback, for the stack differs by
    version; ``PART`` successive lines of a longer log; ``EXCERPT`` successive lines of a file,
    without ``...``.
    """

    WHOLE = 'whole'
    EXCEPTION = 'exception'
    PART = 'part'
    EXCERPT = 'excerpt'


def holds(how: How, expected: str, printed: str) -> bool:
    """Tell whether a page shows what was printed.

    Args:
        how: what of it the page has to show.
        expected: what the page shows.
        printed: what was printed, or the file of an excerpt; a ``PART``'s is readable.
    """
    if how is How.EXCERPT:
        return f'\n{expected}' in f'\n{printed}'
    if how is How.PART:
        return find(expected, printed) is not None
    return is_same(expected, printed) if how is How.WHOLE else is_same_exception(expected, printed)


def readable(text: str) -> str:
    """Drop what a page cannot show: colours, tabs, spaces at the ends of lines."""
    lines = COLOUR.sub('', text).expandtabs().splitlines()
    return '\n'.join(line.rstrip() for line in lines)


def tidy(text: str) -> str:
    """Drop empty lines around, too."""
    return readable(text).strip('\n')


def is_same(expected: str, printed: str) -> bool:
    """Tell whether a text is what a page shows, from the first line to the last."""
    return re.fullmatch(_pattern(expected), tidy(printed)) is not None


def find(expected: str, printed: str) -> int | None:
    """Find whole lines of a page in a longer text, which is readable.

    Lines that may come ``ANYWHERE`` may stand between them.

    Returns:
        Where the first such lines end, or None where there are none.
    """
    between = f'(?:(?:{"|".join(ANYWHERE)})\n)*'
    found = re.search(f'^{_pattern(expected, between)}', printed, re.MULTILINE)
    return found.end() if found else None


def is_same_exception(expected: str, printed: str) -> bool:
    """Compare tracebacks by their first and last lines: the stack between differs by version."""
    return is_same(exception(expected), exception(printed))


def difference(expected: str, printed: str) -> str:
    """Show two texts against each other, for a person."""
    lines = difflib.ndiff(tidy(expected).splitlines(), tidy(printed).splitlines())
    return (
        f'--- the page shows\n{tidy(expected) or "(nothing)"}\n'
        f'--- it printed\n{tidy(printed) or "(nothing)"}\n'
        '--- line by line\n' + '\n'.join(line for line in lines if not line.startswith('?'))
    )


def line_pattern(line: str) -> re.Pattern[str]:
    """Compile a line of a page: ``...`` in it stands for anything in that line, as a group."""
    return re.compile(r'([^\n]*?)'.join(re.escape(part) for part in line.split(ANYTHING)))


def exception(text: str) -> str:
    """The last traceback's exception: the lines after its indented stack."""
    lines = tidy(text).splitlines()
    starts = [n for n, line in enumerate(lines) if line.startswith('Traceback (most recent call')]
    if not starts:
        return text
    after = lines[starts[-1] + 1 :]
    while after and (after[0].startswith(' ') or after[0] == ANYTHING):
        del after[0]
    return '\n'.join([TRACEBACK, *after])


def _pattern(expected: str, between: str = '') -> str:
    """``...`` alone in a line stands for any lines or none."""
    patterns = []
    for line in tidy(expected).splitlines():
        if line.strip() == ANYTHING:
            patterns.append(r'(?:[^\n]*(?:\n|\Z))*?')
        else:
            patterns.append(line_pattern(line).pattern + r'(?:\n|\Z)')
    return between.join(patterns)
