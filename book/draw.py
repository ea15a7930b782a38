"""make drawings: draws the Mermaid of the pages again, with mermaid from npm, in Chromium.

The drawings are kept in book/drawings, so that who makes the book needs neither of the two.
"""

import json
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Error

from book import chapters, drawings, npm
from playground.browser import open_browser
from playground.errors import PlaygroundError
from playground.session import Session
from tests.notes.page import PICTURES

PACKAGE = 'mermaid@12.3.0'
PROGRAM = 'dist/mermaid.min.js'
SECONDS = 120.0
USAGE_ERROR = 2

FONT = 'system-ui, sans-serif'
SETTINGS = {
    'startOnLoad': False,
    'deterministicIds': True,
    'htmlLabels': False,
    'fontFamily': FONT,
    # A line that goes through words is no line to read.
    'themeCSS': '.edgeLabel rect { opacity: 1 }',
    'flowchart': {'htmlLabels': False},
    'sequence': {
        'wrap': True,
        'width': 160,
        'actorMargin': 60,
        **{f'{text}FontFamily': FONT for text in ('actor', 'message', 'note')},
        **{f'{text}FontSize': 14 for text in ('actor', 'message', 'note')},
    },
}
THEMES = {'light': 'default', 'dark': 'dark'}


def main() -> int:
    """Draw them all, remove those that no page has any more, and return the exit status."""
    try:
        with Session() as session, tempfile.TemporaryDirectory() as folder:
            program = npm.get(PACKAGE, PROGRAM, Path(folder))
            with open_browser(session) as browser:
                made = _draw(browser, program)
    except PlaygroundError as error:
        print(f'drawings: {error}', file=sys.stderr)
        return USAGE_ERROR
    drawings.FOLDER.mkdir(exist_ok=True)
    for path in drawings.FOLDER.glob('*.svg'):
        if path.name not in made:
            path.unlink()
    for name, picture in made.items():
        (drawings.FOLDER / name).write_text(f'{picture}\n', encoding='utf-8')
    print(f'{len(made)} pictures are in {drawings.FOLDER}.')
    return 0


def sources() -> list[str]:
    """The Mermaid of all pages, in order."""
    found = [block for chapter in chapters.chapters().values() for block in chapter.blocks]
    return [block.text for block in found if block.kind in PICTURES]


def _draw(browser: Browser, program: Path) -> dict[str, str]:
    made = {}
    for source in sources():
        for theme, name in drawings.names(source).items():
            page = browser.new_page()
            page.set_default_timeout(SECONDS * 1000)
            page.set_content('<!doctype html><meta charset="utf-8"><body></body>')
            page.add_script_tag(path=program)
            settings = json.dumps({**SETTINGS, 'theme': THEMES[theme]})
            page.evaluate(f'mermaid.initialize({settings})')
            try:
                made[name] = page.evaluate(
                    "source => mermaid.render('drawing', source).then(drawn => drawn.svg)", source
                )
            except Error as error:
                raise PlaygroundError(f'{error.message}, in\n{source}') from None
            page.close()
    return made


if __name__ == '__main__':
    sys.exit(main())
