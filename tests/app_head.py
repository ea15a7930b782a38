"""What an app, or a unit of systemd, says at its head: its lesson, its chapters, its commands."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

FIRST_LINE = re.compile(
    r'(?P<lesson>.+\.) (?P<page>README|advance|production)\.md,'
    r' chapters? (?P<first>\d+)(?: (?P<word>and|to) (?P<last>\d+))?\.'
)


@dataclass(frozen=True)
class Head:
    """The head of a file.

    Attributes:
        lesson: a sentence.
        page: the name of the page that tells it.
        chapters: their numbers on that page.
        commands: what a reader types, in this order.
    """

    lesson: str
    page: str
    chapters: list[int]
    commands: list[str]


def read(path: Path) -> Head:
    """Read the docstring of a module, or the comment at the head of another file.

    Args:
        path: the file.

    Raises:
        ValueError: the first line does not end with a page and its chapters.
    """
    first, *rest = _text(path).strip().splitlines()
    told = FIRST_LINE.fullmatch(first)
    if told is None:
        raise ValueError(f'{path.name}: {first!r} does not end like "README.md, chapter 4."')
    begin, end = int(told['first']), int(told['last'] or told['first'])
    chapters = list(range(begin, end + 1)) if told['word'] == 'to' else sorted({begin, end})
    return Head(told['lesson'], f'{told["page"]}.md', chapters, [line for line in rest if line])


def _text(path: Path) -> str:
    text = path.read_text()
    if path.suffix == '.py':
        return ast.get_docstring(ast.parse(text)) or '\n'
    return '\n'.join(line[1:].strip() for line in text.partition('\n\n')[0].splitlines())
