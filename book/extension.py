"""What Sphinx does for the book alone: captions of blocks, links, and pictures in two themes."""

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform

from book import chapters, drawings
from book.copying import commands
from book.github import edit_link
from book.sources import SCHEME
from tests.notes.block import Block
from tests.notes.page import PICTURES

# Terminals of a chapter have colours in the order in which they open; each has its name, too.
COLOURS = 6

# A Python prompt without a terminal of its own is this one's, as for the runner of the pages.
SHELL = 'shell'


class Anchors(SphinxTransform):
    """Gives each heading the anchor that it has on GitHub."""

    default_priority = 5

    def apply(self, **kwargs: Any) -> None:
        chapter = chapters.chapters().get(self.env.docname)
        if chapter is None:
            return
        sections = list(self.document.findall(nodes.section))
        for section, anchor in zip(sections, chapter.anchors, strict=True):
            section['ids'] = [anchor]


class Blocks(SphinxTransform):
    """Puts above a block where it is typed, or the file it is from, and a button that copies it."""

    default_priority = 6

    def apply(self, **kwargs: Any) -> None:
        chapter = chapters.chapters().get(self.env.docname)
        found = list(self.document.findall(nodes.literal_block))
        if chapter is None:
            for node in found:
                _replace(node, None, [_button(node.astext())])
            return
        names = list(dict.fromkeys(filter(None, map(_terminal, chapter.blocks))))
        for node, block in zip(found, chapter.blocks, strict=True):
            if block.kind in PICTURES:
                node.replace_self(_drawing(block))
                continue
            copied = commands(block)
            buttons = [_button(copied)] if copied else []
            if name := _terminal(block):
                colour = names.index(name) % COLOURS + 1
                caption = nodes.inline('', f'Terminal {name}')
                _replace(node, caption, buttons, 'terminal', f'terminal-{colour}')
            elif file := block.directives.get('file'):
                link = nodes.reference('', file, refuri=f'{SCHEME}:{chapters.file_page(file)}')
                _replace(node, link, buttons, 'file')
            else:
                typed = block.kind in ('bash', 'console')
                caption = nodes.inline('', 'Terminal') if typed else None
                _replace(node, caption, buttons)


class Pictures(SphinxTransform):
    """Makes two pictures of a ``<picture>``, of which the theme of the book shows one."""

    default_priority = 7

    def apply(self, **kwargs: Any) -> None:
        for raw in list(self.document.findall(nodes.raw)):
            if raw.astext().startswith('<picture>'):
                reader = _PictureReader()
                reader.feed(raw.astext())
                both = [
                    nodes.image(uri=uri, alt=reader.alt, classes=[theme, 'picture'])
                    for theme, uri in reader.sources.items()
                ]
                raw.replace_self(nodes.container('', *both, classes=['pictures']))


class Links(SphinxPostTransform):
    """Leads links to other pages of the book."""

    default_priority = 5

    def run(self, **kwargs: Any) -> None:
        for node in self.document.findall(nodes.reference):
            scheme, _, target = node.get('refuri', '').partition(':')
            if scheme == SCHEME:
                name, _, anchor = target.partition('#')
                if name not in self.env.found_docs:
                    raise SphinxError(f'{self.env.docname}: there is no {name} in the book')
                uri = self.app.builder.get_relative_uri(self.env.docname, name)
                node['refuri'] = f'{uri}#{anchor}' if anchor else uri or '#'
                node['internal'] = True


class _PictureReader(HTMLParser):
    """Reads the sources of a ``<picture>`` for the light and the dark theme."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: dict[str, str] = {}
        self.alt = ''

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == 'source':
            self.sources['dark'] = given['srcset'] or ''
        elif tag == 'img':
            self.sources['light'] = given['src'] or ''
            self.alt = given['alt'] or ''


def _terminal(block: Block) -> str | None:
    return block.directives.get('terminal') or (SHELL if block.kind == 'pycon' else None)


def _replace(
    node: nodes.literal_block,
    caption: nodes.TextElement | None,
    buttons: Iterable[nodes.Node],
    *classes: str,
) -> None:
    """Put a block into a frame with its caption and its button."""
    frame = nodes.container('', classes=['block', *classes])
    node.replace_self(frame)
    if caption:
        frame += nodes.container('', nodes.paragraph('', '', caption), classes=['block-caption'])
    frame += [*buttons, node]


def _button(text: str) -> nodes.container:
    """A button that copies a text; who has no JavaScript does not see it."""
    button = f'<button type="button" class="copy" data-copy="{_escaped(text)}">Copy</button>'
    raw = nodes.raw('', button, format='html')
    return nodes.container('', raw, classes=['no-search'])


def _escaped(text: str) -> str:
    marks = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\n': '&#10;'}
    return re.sub('[&<>"\n]', lambda match: marks[match[0]], text)


def _drawing(block: Block) -> nodes.container:
    """A drawing in both themes, and below it the text that it was made from."""
    names = drawings.names(block.text)
    alt = drawings.title(block.text)
    both = [
        nodes.image(uri=f'/drawings/{name}', alt=alt, classes=[theme, 'drawing'])
        for theme, name in names.items()
    ]
    source = nodes.literal_block(block.text, block.text, language='text')
    opening = nodes.raw('', '<details><summary>The drawing as text</summary>', format='html')
    return nodes.container(
        '', *both, opening, source, nodes.raw('', '</details>', format='html'), classes=['pictures']
    )


def _context(
    app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Lead "edit this page" to the Markdown file, or to the file that the page shows."""
    chapter = chapters.chapters().get(name)
    file = name.removeprefix(f'{chapters.FILES}/') if name.startswith(chapters.FILES) else None
    path = chapter.page if chapter else file
    link = edit_link(path) if path else None
    if link:
        context['theme_source_edit_link'] = link


def setup(app: Sphinx) -> dict[str, Any]:
    """Tell Sphinx."""
    app.add_transform(Anchors)
    app.add_transform(Blocks)
    app.add_transform(Pictures)
    app.add_post_transform(Links)
    app.connect('html-page-context', _context)
    return {'parallel_read_safe': True, 'parallel_write_safe': True}
