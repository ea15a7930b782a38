"""The pictures on the pages: in both themes, described, small, and legible."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from playground.pictures.themes import PICTURES, TERMINALS, Theme
from playground.virtual_environment import REPOSITORY
from tests.pages import PAGES
from tests.picture_colours import SVG, contrast

FILES = sorted((REPOSITORY / PICTURES).iterdir())
TERMINAL_PICTURES = [path for path in FILES if re.search('-(light|dark).svg$', path.name)]
PAGE_PICTURES = [path for path in FILES if path.suffix == '.png']
LARGEST = 150_000

# What WCAG 2 asks for, of small letters.
LETTERS = 4.5


class Pictures(HTMLParser):
    """Collects the files and the alternative text of each <picture>."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or '' for name, value in attrs}
        if tag == 'picture':
            self.found.append({})
        elif tag == 'source':
            assert values['media'] == '(prefers-color-scheme: dark)'
            self.found[-1]['dark'] = values['srcset']
        elif tag == 'img':
            self.found[-1] |= {'light': values['src'], 'alternative': values['alt']}


def pictures_of(page: Path) -> list[dict[str, str]]:
    parser = Pictures()
    parser.feed(page.read_text())
    return parser.found


@pytest.mark.parametrize('page', PAGES, ids=lambda page: page.name)
def test_each_is_there_in_both_themes_and_described(page: Path) -> None:
    for picture in pictures_of(page):
        assert (page.parent / picture['light']).exists()
        assert picture['dark'] == picture['light'].replace('-light.', '-dark.')
        assert (page.parent / picture['dark']).exists()
        assert len(picture['alternative']) > 40


def test_each_file_is_on_a_page() -> None:
    text = ''.join(page.read_text() for page in PAGES)
    unused = [path.name for path in FILES if f'{PICTURES}/{path.name}' not in text]
    assert unused == []


@pytest.mark.parametrize('picture', FILES, ids=lambda path: path.name)
def test_each_is_small(picture: Path) -> None:
    assert picture.stat().st_size < LARGEST


@pytest.mark.parametrize('picture', PAGE_PICTURES, ids=lambda path: path.name)
def test_pages_are_sharp_and_have_a_ground_of_their_theme(picture: Path) -> None:
    with Image.open(picture) as image:
        assert image.width >= 2000
        brightness = image.convert('L').resize((1, 1)).getpixel((0, 0))
    assert isinstance(brightness, int)
    assert (brightness > 128) == picture.stem.endswith('-light')


@pytest.mark.parametrize('picture', TERMINAL_PICTURES, ids=lambda path: path.name)
def test_terminals_name_nothing_of_the_machine_and_load_nothing(picture: Path) -> None:
    text = picture.read_text()
    assert set(re.findall(r'\w@([\w.-]+)', text)) <= {'localhost'}
    assert re.findall('/(?:root|home|Users)/', text) == []
    assert re.findall(r'url\((?!#)|href|@font-face|@import', text) == []


def letters_and_grounds(picture: Path) -> Iterator[tuple[str, str]]:
    """List the colour of each text of a terminal, and of what is behind it."""
    theme: Theme = 'dark' if picture.stem.endswith('-dark') else 'light'
    root = ElementTree.fromstring(picture.read_text())
    styles = root.findtext(f'{SVG}style') or ''
    colours = dict(re.findall(r'\.(terminal-r\d+) \{ fill: (#\w{6})', styles))
    rectangles = {
        (rectangle.get('x'), float(rectangle.get('y', 0))): rectangle.get('fill', '')
        for rectangle in root.findall(f'{SVG}g/{SVG}rect')
    }
    for text in root.iter(f'{SVG}text'):
        name = text.get('class', '')
        if name in colours:
            # rich draws the ground of a text 18.5 above its base line.
            behind = text.get('x'), float(text.get('y', 0)) - 18.5
            yield colours[name], rectangles.get(behind, TERMINALS[theme].background_color.hex)


@pytest.mark.parametrize('picture', TERMINAL_PICTURES, ids=lambda path: path.name)
def test_terminals_are_legible(picture: Path) -> None:
    pairs = set(letters_and_grounds(picture))
    assert pairs
    for letter, ground in pairs:
        assert contrast(letter, ground) >= LETTERS, (letter, ground)
