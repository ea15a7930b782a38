"""Compares what a page shows with what was printed."""

import difflib
import re

ANYTHING = '...'
COLOUR = re.compile(r'\x1b\[[0-9;]*m')


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

    Returns:
        Where the first such lines end, or None where there are none.
    """
    found = re.search(f'^{_pattern(expected)}', printed, re.MULTILINE)
    return found.end() if found else None


def is_same_exception(expected: str, printed: str) -> bool:
    """Compare tracebacks by their first and last lines: the stack between differs by version."""
    return is_same(_exception(expected), _exception(printed))


def difference(expected: str, printed: str) -> str:
    """Show two texts against each other, for a person."""
    lines = difflib.ndiff(tidy(expected).splitlines(), tidy(printed).splitlines())
    return (
        f'--- the page shows\n{tidy(expected) or "(nothing)"}\n'
        f'--- it printed\n{tidy(printed) or "(nothing)"}\n'
        '--- line by line\n' + '\n'.join(line for line in lines if not line.startswith('?'))
    )


def _pattern(expected: str) -> str:
    """``...`` in a line stands for anything in that line, alone for any lines or none."""
    patterns = []
    for line in tidy(expected).splitlines():
        if line.strip() == ANYTHING:
            patterns.append(r'(?:[^\n]*(?:\n|\Z))*?')
        else:
            parts = (re.escape(part) for part in line.split(ANYTHING))
            patterns.append(r'[^\n]*?'.join(parts) + r'(?:\n|\Z)')
    return ''.join(patterns)


def _exception(text: str) -> str:
    """The last traceback's exception: the lines after its indented stack."""
    lines = tidy(text).splitlines()
    starts = [n for n, line in enumerate(lines) if line.startswith('Traceback (most recent call')]
    if not starts:
        return text
    after = lines[starts[-1] + 1 :]
    while after and (after[0].startswith(' ') or after[0] == ANYTHING):
        del after[0]
    return '\n'.join(['Traceback', *after])
