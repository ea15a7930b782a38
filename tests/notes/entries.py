"""Reads the entries of troubleshooting.md: what each shows, and which test proves it."""

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt

from tests.notes.comparison import ANYTHING
from tests.notes.page import DIRECTIVE, MESSAGES

MARKDOWN = MarkdownIt()

THIS_PAGE = 'this page'
NOTHING = 'nothing here, '

# What a log writes before a message: the time, the level and the process, or Flower's.
LOG = re.compile(r'^\[[^\]]*\] ')
# A test may look for a part of a message. A part as short as this could be anything.
SHORTEST = 12


@dataclass
class Entry:
    """A heading with a proof below it.

    Attributes:
        heading: its words.
        proof: a test, as in ``tests/live/test_vege.py::test_delay_and_get``, ``this page``, or
            ``nothing here, `` with the reason.
        messages: the blocks that show what is said and are not run.
        run: the text of the blocks that the page runs.
    """

    heading: str
    proof: str
    messages: list[str] = field(default_factory=list)
    run: list[str] = field(default_factory=list)

    @property
    def is_proved(self) -> bool:
        """Whether a test or the page makes it happen."""
        return not self.proof.startswith(NOTHING)

    def lines(self) -> list[str]:
        """The parts of the messages that stand still: without what a log writes before them."""
        lines = [line for message in self.messages for line in message.splitlines()]
        parts = [part for line in lines for part in LOG.sub('', line).split(ANYTHING)]
        return [part.strip() for part in parts if part.strip(' .:')]


def entries(text: str) -> list[Entry]:
    """List the entries of a page, and their messages.

    Args:
        text: the page.
    """
    found: list[Entry] = []
    heading, is_entry = '', False
    tokens = MARKDOWN.parse(text)
    for before, token in zip([None, *tokens], tokens, strict=False):
        if before is not None and before.type == 'heading_open':
            heading, is_entry = token.content, False
        elif token.type == 'html_block':
            directives = map(DIRECTIVE.fullmatch, token.content.splitlines())
            for proof in (match['proof'] for match in directives if match and match['proof']):
                found.append(Entry(heading, proof))
                is_entry = True
        elif token.type == 'fence' and is_entry:
            blocks = found[-1].messages if token.info in MESSAGES else found[-1].run
            blocks.append(token.content)
    return found


def strings(path: Path, test: str) -> list[str]:
    """List the strings of a test, and of what it names in its own file.

    Args:
        path: the file.
        test: the function.

    Raises:
        LookupError: there is no such test.
    """
    named: dict[str, list[ast.stmt]] = {}
    for statement in ast.parse(path.read_bytes()).body:
        for name in _names_of(statement):
            named.setdefault(name, []).append(statement)
    if not test.startswith('test_') or test not in named:
        raise LookupError(f'{path} has no test {test}')
    found: list[str] = []
    known: set[str] = set()
    ahead = [test]
    while ahead:
        name = ahead.pop()
        if name in known:
            continue
        known.add(name)
        for top in named.get(name, []):
            for node in ast.walk(top):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    # In a pattern, some signs have a backslash.
                    found += [node.value, re.sub(r'\\(.)', r'\1', node.value)]
                ahead += [getattr(node, 'id', None) or getattr(node, 'arg', None) or '']
    return found


def shows(line: str, said: list[str]) -> bool:
    """Tell whether a line of a message is among the strings of a test.

    Args:
        line: of an entry.
        said: the strings.
    """
    return any(line in text or (len(text) >= SHORTEST and text in line) for text in said)


def _names_of(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef() | ast.ClassDef():
            return [node.name]
        case ast.Assign() | ast.AugAssign() | ast.AnnAssign():
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            return [target.id for target in targets if isinstance(target, ast.Name)]
    return []
