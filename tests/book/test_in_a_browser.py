"""The book as a person reads it: from its files, in a real browser, with no network."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from book import chapters, npm
from playground.browser import open_browser
from playground.errors import PlaygroundError
from playground.session import Session
from tests.book.conftest import Book
from tests.live.browser import require_browser

SECONDS = 60.0
NARROW, MIDDLE, WIDE = 360, 1000, 1600

AXE = 'axe-core@4.14.1'
AXE_FILE = 'axe.min.js'
# WCAG's levels A and AA, and the order of headings.
CHECKED = {
    'runOnly': ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    'rules': {'heading-order': {'enabled': True}, 'image-alt': {'enabled': True}},
    'resultTypes': ['violations'],
}

# Pages with each thing that the book has: pictures, drawings, terminals, files, wide tables.
PAGES = (
    *('index', 'notes/1-components', 'notes/9-monitoring', 'advance/2-routing'),
    *('production/9-safe', 'from-4.1/2-every-command-that-changed', 'lab/faults'),
    *('examples/index', 'files/vege4.py', 'search'),
)

BACKGROUND = 'getComputedStyle(document.body).backgroundColor'
# What can be scrolled sideways, but for what is meant to be.
SCROLLED = """[document.documentElement, ...document.body.querySelectorAll('*')].filter(
    one => one.scrollWidth > one.clientWidth
        && !one.matches('pre, .table-wrapper, .pictures, .visually-hidden, .sidebar-drawer *')
        && (one === document.documentElement
            || ['auto', 'scroll'].includes(getComputedStyle(one).overflowX))
).map(one => one.className || one.tagName)"""

Theme = Literal['light', 'dark']
OpenPage = Callable[..., Page]


@pytest.fixture(scope='module')
def browser(session: Session) -> Iterator[Browser]:
    require_browser()
    with open_browser(session) as browser:
        yield browser


@pytest.fixture
def requests() -> list[str]:
    """The addresses that the pages of a test have asked for."""
    return []


@pytest.fixture
def open_page(browser: Browser, book: Book, requests: list[str]) -> Iterator[OpenPage]:
    """Open a page of the book from its file; what leaves for another place fails the test."""
    contexts: list[BrowserContext] = []

    def note(request: Request) -> None:
        requests.append(request.url)

    def open_page(name: str, width: int = WIDE, theme: Theme = 'light') -> Page:
        context = browser.new_context(
            viewport={'width': width, 'height': 900}, color_scheme=theme, offline=True
        )
        context.set_default_timeout(SECONDS * 1000)
        context.on('request', note)
        contexts.append(context)
        page = context.new_page()
        page.goto(address(book, name))
        return page

    yield open_page
    for context in contexts:
        context.close()
    inside = book.folder.resolve().as_uri()
    assert [url for url in requests if not url.startswith((inside, 'data:'))] == []


def address(book: Book, name: str) -> str:
    return (book.folder.resolve() / f'{name}.html').as_uri()


def test_the_search_finds_a_setting_and_opens_its_chapter(open_page: OpenPage) -> None:
    page = open_page('index')
    page.get_by_role('searchbox').or_(page.locator('.sidebar-search')).first.fill(
        'visibility_timeout'
    )
    page.keyboard.press('Enter')
    results = page.locator('#search-results li a')
    chapter = results.filter(has_text=re.compile(r'^12\. Nothing lost \(production\)$'))
    expect(chapter).to_have_count(1)
    assert not [text for text in results.all_text_contents() if text.startswith('tests/')]
    chapter.click()
    expect(page).to_have_title(re.compile('^12. Nothing lost'))
    expect(page.locator('article')).to_contain_text('visibility_timeout')


def test_the_theme_is_the_systems_until_one_is_chosen(open_page: OpenPage) -> None:
    for theme, other in (('light', 'dark'), ('dark', 'light')):
        page = open_page('index', theme=theme)
        before = page.evaluate(BACKGROUND)
        assert (brightness(before) > 200) is (theme == 'light')
        for name, is_shown in ((theme, True), (other, False)):
            picture = page.locator(f'img.{name}').first
            expect(picture).to_be_visible() if is_shown else expect(picture).to_be_hidden()
        page.emulate_media(color_scheme='dark' if theme == 'light' else 'light')
        assert (brightness(page.evaluate(BACKGROUND)) > 200) is (theme == 'dark')
    # Whoever chooses dark keeps it, pictures included, when the system is light.
    page = open_page('index')
    while page.locator('body').get_attribute('data-theme') != 'dark':
        page.locator('.theme-toggle:visible').first.click()
    assert brightness(page.evaluate(BACKGROUND)) < 60
    expect(page.locator('img.dark').first).to_be_visible()
    expect(page.locator('img.light').first).to_be_hidden()


def brightness(colour: str) -> float:
    red, green, blue = map(int, re.findall(r'\d+', colour)[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_no_page_is_wider_than_the_screen(open_page: OpenPage, book: Book) -> None:
    page = open_page('index', NARROW)
    for width in (NARROW, MIDDLE, WIDE):
        page.set_viewport_size({'width': width, 'height': 900})
        for name in [*chapters.chapters(), *PAGES] if width == NARROW else PAGES:
            page.goto(address(book, name))
            assert page.evaluate(SCROLLED) == [], f'{name} at {width}'


def test_what_is_too_wide_can_be_scrolled_with_the_keyboard(open_page: OpenPage) -> None:
    page = open_page('notes/4-running-a-worker', NARROW)
    block = page.locator('pre').first
    expect(block).to_have_attribute('aria-label', 'Terminal worker')
    block.focus()
    page.keyboard.press('ArrowRight')
    page.wait_for_function('box => box.scrollLeft > 0', arg=block.element_handle())


def test_the_button_copies_the_command_alone(open_page: OpenPage) -> None:
    page = open_page('notes/2-set-up')
    page.context.grant_permissions(['clipboard-read', 'clipboard-write'])
    block = page.locator('.block').filter(has_text='grep celery requirements.txt')
    button = block.get_by_role('button')
    button.focus()
    page.keyboard.press('Enter')
    expect(button).to_have_text('Copied')
    copied = page.evaluate('navigator.clipboard.readText()')
    assert copied == 'grep celery requirements.txt\ncelery --version\n'


def test_what_has_the_focus_is_seen(open_page: OpenPage) -> None:
    page = open_page('notes/2-set-up')
    seen = set()
    for _ in range(30):
        page.keyboard.press('Tab')
        name, is_marked = page.evaluate(
            """() => {
                const {outlineStyle, outlineWidth, boxShadow} =
                    getComputedStyle(document.activeElement);
                const isMarked = outlineStyle !== 'none' && parseFloat(outlineWidth) > 0;
                return [document.activeElement.outerHTML.slice(0, 80),
                        isMarked || boxShadow !== 'none'];
            }"""
        )
        assert is_marked, name
        seen.add(name)
    assert len(seen) > 20


def test_without_javascript_nothing_is_shown_that_does_nothing(
    browser: Browser, book: Book
) -> None:
    with browser.new_context(java_script_enabled=False, color_scheme='dark') as context:
        page = context.new_page()
        page.goto(address(book, 'notes/1-components'))
        expect(page.get_by_role('heading', level=1)).to_have_text(re.compile('1. Components'))
        expect(page.locator('img.dark').first).to_be_visible()
        expect(page.locator('img.light').first).to_be_hidden()
        page.goto(address(book, 'notes/2-set-up'))
        expect(page.locator('button.copy').first).to_be_hidden()


def test_a_chapter_is_printed_without_what_is_for_the_screen(
    open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page('production/12-nothing-lost', theme='dark')
    path = tmp_path / 'chapter.pdf'
    page.pdf(path=path, format='A4')
    written = path.read_bytes()
    assert written.startswith(b'%PDF-')
    assert 4 <= len(re.findall(rb'/Type\s*/Page\b', written)) <= 15
    page.emulate_media(media='print', color_scheme='dark')
    # A4, less its margins.
    page.set_viewport_size({'width': 718, 'height': 1000})
    assert brightness(page.evaluate(BACKGROUND)) > 200
    for unseen in ('.sidebar-drawer', '.toc-drawer', 'button.copy', '.related-pages'):
        expect(page.locator(unseen).first).to_be_hidden()
    expect(page.get_by_text('Terminal worker').first).to_be_visible()
    captions = page.locator('.block').first
    assert brightness(captions.evaluate('one => getComputedStyle(one).backgroundColor')) > 200
    cut = page.evaluate(
        "[...document.querySelectorAll('pre')].filter(one => one.scrollWidth > one.clientWidth)"
        '.map(one => one.textContent)'
    )
    assert cut == []
    page.goto(page.url.replace('production/12-nothing-lost', 'notes/1-components'))
    expect(page.locator('img.light').first).to_be_visible()
    expect(page.locator('img.dark').first).to_be_hidden()


@pytest.fixture(scope='module')
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    try:
        return npm.get(AXE, AXE_FILE, tmp_path_factory.mktemp('axe')).read_text()
    except PlaygroundError as error:
        if os.environ.get('CI') == 'true':
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.mark.parametrize('theme', ['light', 'dark'])
def test_axe_finds_no_barrier(open_page: OpenPage, book: Book, axe: str, theme: Theme) -> None:
    page = open_page('index', MIDDLE, theme)
    found: list[Any] = []
    for name in PAGES:
        page.goto(address(book, name))
        page.evaluate(axe)
        answer = page.evaluate('checked => axe.run(document, checked)', CHECKED)
        found += [
            (name, violation['id'], node['html'][:120], node['failureSummary'])
            for violation in answer['violations']
            for node in violation['nodes'][:3]
        ]
    assert found == []
