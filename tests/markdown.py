"""Reads the links and the headings of a Markdown file."""

import re
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

MARKDOWN = MarkdownIt().enable('table')


def tokens(page: Path) -> Iterator[Token]:
    for token in MARKDOWN.parse(page.read_text()):
        yield token
        yield from token.children or []


def links(page: Path) -> list[str]:
    sources = [
        token.attrs.get('href') or token.attrs.get('src')
        for token in tokens(page)
        if token.type in ('link_open', 'image')
    ]
    return [str(source) for source in sources]


def anchors(page: Path) -> list[str]:
    """The anchors that GitHub makes of a page's headings."""
    found: list[str] = []
    inside = False
    for token in MARKDOWN.parse(page.read_text()):
        if inside and token.type == 'inline':
            text = ''.join(part.content for part in token.children or [])
            anchor = re.sub(r'[^\w\- ]', '', text.lower()).replace(' ', '-')
            repeated = found.count(anchor)
            found.append(f'{anchor}-{repeated}' if repeated else anchor)
        inside = token.type == 'heading_open'
    return found
