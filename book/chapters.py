"""Splits the pages into chapters, and knows where each page, anchor and file is in the book."""

import functools
import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from markdown_it.token import Token
from sybil import Document

from playground.virtual_environment import REPOSITORY
from tests.markdown import MARKDOWN, anchors, links
from tests.notes import coverage
from tests.notes.block import Block
from tests.notes.page import blocks
from tests.pages import PAGES

FIRST_PAGES = ('README.md', 'advance.md', 'production.md', 'troubleshooting.md', 'from-4.1.md')
OTHER_PAGES = ('lab/*/README.md', 'examples/README.md', 'examples/*/README.md')

FRONT = 'index'
FILES = 'files'

PICTURE_SUFFIXES = ('.svg', '.png')

NUMBERED = re.compile(r'\d+-')


class BookError(Exception):
    """What of the pages cannot stand in the book, in one sentence."""


@dataclass(frozen=True)
class Chapter:
    """A page of the book.

    Attributes:
        page: the Markdown file, as in ``production.md``.
        name: the book's name for it, as in ``production/3-flask``.
        line: the file's line on which it begins, from 1.
        text: its lines, as they stand in the file; the line of coverage is left out.
        anchors: those of its headings, in order.
        blocks: its fenced blocks, in order.
        coverage: how many of them are run, in one line; empty if the tests do not run the file.
    """

    page: str
    name: str
    line: int
    text: str
    anchors: tuple[str, ...]
    blocks: tuple[Block, ...]
    coverage: str


@dataclass(frozen=True)
class Part:
    """A Markdown file: its front page, then its chapters; a short file is a front page alone."""

    front: Chapter
    chapters: tuple[Chapter, ...]


@functools.cache
def parts() -> tuple[Part, ...]:
    """List the parts of the book in their order."""
    root = [path.name for path in PAGES]
    first = [name for name in FIRST_PAGES if name in root]
    others = [path for pattern in OTHER_PAGES for path in sorted(REPOSITORY.glob(pattern))]
    names = [
        *first,
        *(name for name in root if name not in first),
        *(path.relative_to(REPOSITORY).as_posix() for path in others),
    ]
    return tuple(_part(name) for name in names)


@functools.cache
def chapters() -> dict[str, Chapter]:
    """All pages of the book that come from Markdown, by their names, in order."""
    return {each.name: each for part in parts() for each in (part.front, *part.chapters)}


@functools.cache
def files() -> tuple[str, ...]:
    """The files that have a page in the book, since a page links to them or has a part of them."""
    shown = {
        block.directives['file']
        for chapter in chapters().values()
        for block in chapter.blocks
        if 'file' in block.directives
    }
    linked = {
        in_repository(part.front.page, link)
        for part in parts()
        for link in links(REPOSITORY / part.front.page)
        if is_of_the_repository(link)
    }
    pages = {part.front.page for part in parts()}
    pictures = {name for name in linked if is_picture(name)}
    return tuple(sorted((shown | linked) - pages - pictures))


def is_of_the_repository(link: str) -> bool:
    """Tell whether a link leads to a file of the repository, or to a place in it."""
    return re.match(r'[a-z]+:', link) is None


def is_picture(link: str) -> bool:
    """Tell whether a link is to a picture, which is shown and has no page."""
    return link.endswith(PICTURE_SUFFIXES)


def place(page: str, link: str) -> tuple[str, str]:
    """Find where a link of a page leads in the book.

    Args:
        page: the file it stands in, as in ``production.md``.
        link: as in ``advance.md#prefetch``.

    Returns:
        The name of the book's page, and the anchor, which may be empty.

    Raises:
        BookError: it leads nowhere.
    """
    name = in_repository(page, link)
    anchor = link.partition('#')[2]
    if name in files():
        return file_page(name), ''
    for part in parts():
        if part.front.page == name:
            if not anchor:
                return part.front.name, ''
            for chapter in (part.front, *part.chapters):
                if anchor in chapter.anchors:
                    # The first heading is the book's page itself.
                    return chapter.name, '' if anchor == chapter.anchors[0] else anchor
    raise BookError(f'{page}: {link} leads nowhere in the book')


def file_page(name: str) -> str:
    """The book's page of a file, by the file's path."""
    return f'{FILES}/{name}'


def in_repository(page: str, link: str) -> str:
    """Name the file to which a link of a page leads, as in ``lab/faults/README.md``."""
    name = link.partition('#')[0]
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), name)) if name else page


def _part(page: str) -> Part:
    path = REPOSITORY / page
    text = path.read_text(encoding='utf-8')
    headings = [
        (*place, anchor) for place, anchor in zip(_headings(text), anchors(path), strict=True)
    ]
    begins = [(line, anchor) for line, level, anchor in headings if level == 'h2']
    first = next((n for n, (_, anchor) in enumerate(begins) if NUMBERED.match(anchor)), len(begins))
    begins = begins[first:]
    found = _blocks(path, text)
    lines = coverage.FOOT.sub('', text).splitlines(keepends=True)
    ends = [line for line, _ in begins[1:]] + [len(lines) + 1]

    def chapter(name: str, begin: int, end: int) -> Chapter:
        part = ''.join(lines[begin - 1 : end - 1])
        of_it = tuple(block for block in found if begin <= block.line < end)
        is_run = path in PAGES and coverage.lines(part)
        return Chapter(
            *(page, name, begin, part),
            tuple(anchor for line, _, anchor in headings if begin <= line < end),
            of_it,
            coverage.foot(part) if is_run else '',
        )

    folder, front = _names(page, bool(begins))
    return Part(
        chapter(front, 1, begins[0][0] if begins else len(lines) + 1),
        tuple(
            chapter(f'{folder}/{anchor}', begin, end)
            for (begin, anchor), end in zip(begins, ends, strict=False)
        ),
    )


def _names(page: str, has_chapters: bool) -> tuple[str, str]:
    """The folder of a part's chapters in the book, and the name of its front page."""
    if page == 'README.md':
        return 'notes', FRONT
    folder = page.removesuffix('/README.md').removesuffix('.md')
    is_folder = has_chapters or any(
        path.is_dir() and (path / 'README.md').exists() for path in (REPOSITORY / folder).glob('*')
    )
    return folder, f'{folder}/{FRONT}' if is_folder else folder


def _headings(text: str) -> Iterable[tuple[int, str]]:
    """The line of each heading, and its level, as in ``h2``."""
    for token in tokens(text):
        if token.type == 'heading_open' and token.map:
            yield token.map[0] + 1, token.tag


def tokens(text: str) -> list[Token]:
    """What a Markdown text consists of."""
    return MARKDOWN.parse(text)


def _blocks(path: Path, text: str) -> list[Block]:
    """The blocks of a file; one whose blocks the tests do not run may indent them."""
    if path in PAGES:
        return [block for _, block in blocks(Document(text, str(path)))]
    return [
        Block(token.info, token.content, token.map[0] + 1, '')
        for token in tokens(text)
        if token.type == 'fence' and token.map
    ]
