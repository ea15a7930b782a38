"""Reads a page: its fenced blocks, and the comments above them that say how they run."""

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sybil import Document, Region
from sybil.parsers.markdown.lexers import DirectiveInHTMLCommentLexer, RawFencedCodeBlockLexer

from tests.notes.block import Block, typed
from tests.notes.comparison import PART_OF_A_NUMBER

PROMPTED = ('console', 'pycon')
EXCERPTS = ('python', 'yaml', 'ini', 'dockerfile')
PICTURES = ('mermaid',)
# What an entry of troubleshooting.md shows and a test of its own proves.
MESSAGES = ('text',)
NOT_RUN = (*PICTURES, *MESSAGES)
FENCES = ('bash', *PROMPTED, *EXCERPTS, *NOT_RUN)

REASON = r'\breason="(?P<reason>[^"]{10,})"'
DIRECTIVE = re.compile(
    r'<!-- (?:'
    r'(?:terminal|file): \S+'
    r'|skip: (?:(?:start|next) if\((?P<condition>.+)\)|end)'
    rf'|leaves: (?P<leaves>\S.*?) {REASON}'
    r'|needs: (?P<needs>PostgreSQL|Prometheus|Docker|cluster)'
    r'|proved by: (?P<proof>\S.*)'
    r') -->'
)


class PageError(Exception):
    """What of a page means nothing, a line for each."""


@dataclass(frozen=True)
class ChapterEnd:
    """Where a chapter has run.

    Attributes:
        chapter: its heading.
        line: the page's line.
        leaves: patterns of what it may leave.
    """

    chapter: str
    line: int
    leaves: list[str]


def blocks(document: Document) -> Sequence[tuple[Region, Block]]:
    """List a page's blocks with the regions they take.

    Args:
        document: the page.

    Raises:
        PageError: a fence or a comment means nothing, so that what it stands for would not be
            run.
    """
    fences = list(RawFencedCodeBlockLexer(re.compile(r'(?P<info>[^\n]*)\n'))(document))
    found = [(fence, _block(document, fence)) for fence in fences]
    defects = [_fence_defect(document, fence, block) for fence, block in found]
    defects += [_comment_defect(line, text) for line, text in _comments(document, fences)]
    for directive in DirectiveInHTMLCommentLexer('terminal|file')(document):
        line = _line(document, directive.start)
        below = _first_fence_below(document, directive, found)
        if below is None:
            defects.append(f'{line}: this comment must stand right above a fenced block')
        else:
            name = directive.lexemes['directive']
            below.directives[name] = directive.lexemes['arguments'].strip()
    needs = needed(document.text)
    for _, block in found:
        block.needs = needs.get(block.chapter)
    defects += [_excerpt_defect(block) for _, block in found]
    defects += [defect for _, block in found for defect in _lucky_lines(block)]
    if messages := [f'{document.path}:{defect}' for defect in defects if defect]:
        raise PageError('\n'.join(messages))
    return found


def chapter(text: str, line: int) -> str:
    """Name the chapter of a line: the last heading of the second level above it.

    Args:
        text: the page.
        line: from 1.
    """
    above = [heading for number, heading in _headings(text) if number <= line]
    return above[-1] if above else ''


def needed(text: str) -> dict[str, str]:
    """Tell which chapters of a page need something beside the back-end, and what.

    Args:
        text: the page.
    """
    lines = enumerate(text.splitlines(), start=1)
    directives = ((number, DIRECTIVE.fullmatch(line)) for number, line in lines)
    return {
        chapter(text, number): directive['needs']
        for number, directive in directives
        if directive and directive['needs']
    }


@functools.cache
def _headings(text: str) -> list[tuple[int, str]]:
    lines = enumerate(text.splitlines(), start=1)
    return [(number, line) for number, line in lines if line.startswith('## ')]


def chapter_ends(
    document: Document, found: Sequence[tuple[Region, Block]]
) -> Iterable[tuple[int, ChapterEnd]]:
    """List where the chapters of a page have run, each with its place in the text.

    What a comment before the first chapter allows to be left is allowed to each.

    Args:
        document: the page.
        found: its blocks.
    """
    last = {block.chapter: fence for fence, block in found if block.kind not in NOT_RUN}
    fences = [fence for fence, _ in found]
    left: dict[str, list[str]] = {}
    for line, text in _comments(document, fences):
        if (directive := DIRECTIVE.fullmatch(text)) and directive['leaves']:
            patterns = left.setdefault(chapter(document.text, line), [])
            patterns += [name.strip() for name in directive['leaves'].split(',')]
    for name, fence in last.items():
        leaves = [*left.get('', []), *(left.get(name, []) if name else [])]
        yield fence.end, ChapterEnd(name, _line(document, fence.end), leaves)


def _block(document: Document, fence: Region) -> Block:
    line = _line(document, fence.start)
    text = _text(document, fence)
    return Block(fence.lexemes['info'], text, line, chapter(document.text, line))


def _text(document: Document, fence: Region) -> str:
    """What stands between the fences, indentation included, which Sybil's lexeme has lost."""
    return document.text[fence.start : fence.end].removesuffix('```').partition('\n')[2]


def _line(document: Document, position: int) -> int:
    return document.text.count('\n', 0, position) + 1


def _fence_defect(document: Document, fence: Region, block: Block) -> str | None:
    opening = document.text[fence.start :].split('\n', 1)[0]
    if not opening.startswith('```') or opening.startswith('````'):
        return f'{block.line}: a fence starts its line and has three backticks, not {opening!r}'
    if not document.text[fence.start : fence.end].endswith('\n```'):
        return f'{block.line}: this fence is not closed'
    if block.kind not in FENCES:
        known = ', '.join(FENCES)
        return f'{block.line}: unknown fence {opening!r}, so nothing would run it; known: {known}'
    return None


def _excerpt_defect(block: Block) -> str | None:
    if block.kind in EXCERPTS and 'file' not in block.directives:
        return f'{block.line}: a {block.kind} fence needs <!-- file: NAME --> above it'
    return None


def _lucky_lines(block: Block) -> Iterable[str]:
    """What a digit of a changing number says holds on some machines only."""
    try:
        lines = typed(block)
    except ValueError:
        return
    for one in lines:
        for number, line in enumerate(one.expected.splitlines(), start=one.first):
            if PART_OF_A_NUMBER.search(line):
                yield (
                    f'{number}: a digit beside `...` in {line!r} holds by luck: another machine'
                    ' or another day prints another one; write ... for the whole number'
                )


def _comments(document: Document, fences: list[Region]) -> Iterable[tuple[int, str]]:
    position = 0
    for number, line in enumerate(document.text.splitlines(keepends=True), start=1):
        if '<!--' in line and not any(fence.start <= position < fence.end for fence in fences):
            yield number, line.rstrip('\n')
        position += len(line)


def _comment_defect(line: int, text: str) -> str | None:
    directive = DIRECTIVE.fullmatch(text)
    if directive is None:
        return (
            f'{line}: {text!r} is no directive: use <!-- terminal: NAME -->, <!-- file: NAME -->,'
            ' <!-- skip: next if(CONDITION, reason="WHY") -->, skip: start … skip: end,'
            ' <!-- leaves: queue NAME, file NAME reason="WHY" -->, <!-- needs: PostgreSQL -->,'
            ' <!-- needs: Prometheus -->, <!-- needs: Docker -->, <!-- needs: cluster -->, or'
            ' <!-- proved by: TEST -->'
        )
    if directive['condition'] and not re.search(REASON, directive['condition']):
        return f'{line}: a skip must say why, as in reason="needs RabbitMQ\'s exchanges"'
    return None


def _first_fence_below(
    document: Document, directive: Region, found: list[tuple[Region, Block]]
) -> Block | None:
    for fence, block in found:
        if fence.start > directive.start:
            between = document.text[directive.start : fence.start].splitlines()
            return block if all(DIRECTIVE.fullmatch(line) for line in between) else None
    return None
