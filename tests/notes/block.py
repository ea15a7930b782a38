"""A fenced block of a page, and what it types."""

import doctest
from dataclasses import dataclass, field

# The terminal's keys that a page can press.
CONTROL_C, CONTROL_D = '^C', '^D'
KEYS = (CONTROL_C, CONTROL_D)

# The prompt of Python's debugger, at which a page can type in a terminal.
DEBUGGER = '(Pdb) '


@dataclass
class Block:
    """A fenced block.

    Attributes:
        kind: the fence's language, as in ``console``.
        text: what stands in it.
        line: the page's line of the opening fence, from 1.
        chapter: the heading above it.
        directives: ``terminal`` and ``file``, where they stand above it.
        needs: what its chapter needs beside the back-end: ``PostgreSQL``, ``Prometheus``,
            ``Docker`` or ``cluster``, a project of docker-compose.cluster.yml of its own, if any.
    """

    kind: str
    text: str
    line: int
    chapter: str
    directives: dict[str, str] = field(default_factory=dict)
    needs: str | None = None


@dataclass(frozen=True)
class Typed:
    """What a block types at once, and what it shows of the answer.

    Attributes:
        line: the page's line on which it is typed.
        command: the text, with the debugger's prompt if it is typed there; ``^C`` and ``^D`` are
            these keys. None for output that goes on from an earlier block.
        expected: what the page shows.
        first: the page's line at which that begins, or would begin.
    """

    line: int
    command: str | None
    expected: str
    first: int


def typed(block: Block) -> list[Typed]:
    """Split a console or pycon block into what it types.

    Args:
        block: the block; one of another kind types nothing that is answered.

    Raises:
        ValueError: a pycon block is not as Python's prompt shows it.
    """
    split = {'console': _at_bash, 'pycon': _at_python}.get(block.kind)
    return split(block) if split else []


def only_keys(block: Block) -> bool:
    """Tell whether a block types nothing but ``^C`` and ``^D``."""
    return block.kind == 'console' and all(one.command in KEYS for one in typed(block))


def _at_bash(block: Block) -> list[Typed]:
    found: list[Typed] = []
    continues = False
    for number, line in enumerate(block.text.splitlines(), start=block.line + 1):
        if continues:
            last = found.pop()
            command = f'{last.command}\n{line.removeprefix("> ")}'
            found.append(Typed(last.line, command, '', number + 1))
        elif line.startswith(('$ ', DEBUGGER)) or line in KEYS:
            found.append(Typed(number, line.removeprefix('$ '), '', number + 1))
        elif not found:
            found.append(Typed(number, None, f'{line}\n', number))
        else:
            last = found.pop()
            expected = f'{last.expected}{line}\n'
            found.append(Typed(last.line, last.command, expected, last.first))
        continues = (continues or line.startswith('$ ')) and line.endswith('\\')
    return found


def _at_python(block: Block) -> list[Typed]:
    lines = block.text.splitlines()
    found = []
    for example in doctest.DocTestParser().get_examples(block.text):
        answer = example.lineno + 1
        while answer < len(lines) and (lines[answer] == '...' or lines[answer].startswith('... ')):
            answer += 1
        line = block.line + 1 + example.lineno
        found.append(Typed(line, example.source, example.want, block.line + 1 + answer))
    return found
