"""Reads a page of the book: what the tests look at, and nothing else."""

import functools
from html.parser import HTMLParser
from pathlib import Path

VOID = {'area', 'base', 'br', 'col', 'hr', 'img', 'input', 'link', 'meta', 'source', 'wbr'}


class HtmlPage(HTMLParser):
    """What a page has, in the order in which it has it.

    Attributes:
        fences: the text of each block of code.
        captions: the text above each block, or nothing.
        frames: the classes of each block's frame.
        copied: what each button copies.
        headings: the level of each heading, and the id of its section.
        links: where each link of the article leads.
        all_links: where each link of the whole page leads.
        loaded: what the page loads: pictures, scripts, styles.
        pictures: the source and the alternative text of each picture.
        ids: all ids.
        relations: the page's neighbours, as in ``{'next': '2-set-up.html'}``.
        text: all text of the article.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fences: list[str] = []
        self.captions: list[str] = []
        self.frames: list[str] = []
        self.copied: list[str] = []
        self.headings: list[tuple[int, str]] = []
        self.links: list[str] = []
        self.all_links: list[str] = []
        self.loaded: list[str] = []
        self.pictures: list[tuple[str, str]] = []
        self.ids: set[str] = set()
        self.relations: dict[str, str] = {}
        self.text = ''
        self._open: list[tuple[str, str]] = []
        self._section = ''
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or '' for name, value in attrs}
        classes = given.get('class', '')
        if tag not in VOID:
            self._open.append((tag, classes))
        self.ids |= {given['id']} if 'id' in given else set()
        if tag == 'section':
            self._section = given['id']
        elif tag == 'pre':
            self.fences.append('')
        elif tag == 'div' and 'block' in classes.split():
            self.frames.append(classes)
            self.captions.append('')
        elif tag == 'button' and classes == 'copy':
            self.copied.append(given['data-copy'])
        elif tag == 'a' and 'href' in given:
            self.all_links.append(given['href'])
            if self._is_in('article') and 'headerlink' not in classes:
                self.links.append(given['href'])
        elif tag == 'img':
            self.pictures.append((given['src'], given.get('alt', '')))
            self.loaded.append(given['src'])
        elif tag == 'script' and 'src' in given:
            self.loaded.append(given['src'])
        elif tag == 'link':
            if given['rel'] in ('next', 'prev'):
                self.relations[given['rel']] = given['href']
            elif given['rel'] not in ('search', 'index', 'canonical'):
                self.loaded.append(given['href'])
        elif len(tag) == 2 and tag[0] == 'h' and tag[1].isdecimal():
            self.headings.append((int(tag[1]), self._section))

    def handle_endtag(self, tag: str) -> None:
        while tag not in VOID and self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._is_in('article'):
            self.text += data
        if self._is_in('pre'):
            self.fences[-1] += data
        elif self._open and self._is_in('div', 'block-caption') and self.captions:
            self.captions[-1] += data

    def _is_in(self, tag: str, classes: str = '') -> bool:
        return any(tag == one and classes in its for one, its in self._open)


@functools.cache
def read(path: Path) -> HtmlPage:
    """Read a page once."""
    return HtmlPage(path.read_text(encoding='utf-8'))
