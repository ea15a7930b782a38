"""make book, as a reader types it."""

import re
import signal
import urllib.request

import pytest

from playground.http import DIRECT
from playground.waiting import wait_until
from tests.live.launcher import Launcher

SECONDS = 240.0


def test_it_makes_the_book_and_shows_it_until_control_c(launcher: Launcher) -> None:
    launcher.start('make', 'book', 'SERVE=1')
    assert launcher.process is not None
    launcher.wait_for('until Ctrl-C', SECONDS)
    [url] = re.findall(r'http://127\.0\.0\.1:\d+/', launcher.output)
    with DIRECT.open(urllib.request.Request(url), timeout=SECONDS) as answer:
        assert b'<h1>Celery notes' in answer.read()
    launcher.press_control_c()
    launcher.wait(SECONDS)
    assert 'Traceback' not in launcher.output
    made = {path.name for path in (launcher.repository / 'build').iterdir()}
    assert made == {'book', 'celery-notes-book.zip'}


@pytest.mark.parametrize('value', ['2', 'yes', "$(echo 1)'"])
def test_another_value_of_serve_is_refused(launcher: Launcher, value: str) -> None:
    launcher.start('make', 'book', variables={'SERVE': value})
    assert launcher.wait(SECONDS) == 2
    assert 'book: SERVE is ' in launcher.output
    assert 'SERVE=1 shows the book, and nothing only makes it' in launcher.output
    assert not (launcher.repository / 'build').exists()


def test_a_warning_of_sphinx_is_one_error_and_leaves_no_book(launcher: Launcher) -> None:
    page = launcher.repository / 'from-4.1.md'
    page.write_text(page.read_text() + '\n#### Two levels below the chapter\n')
    launcher.start('make', 'book')
    assert launcher.wait(SECONDS) == 2
    assert 'book: Sphinx could not make the book:' in launcher.output
    assert 'from-4.1/3-what-changed-besides-commands.md' in launcher.output
    assert 'Traceback' not in launcher.output
    assert list((launcher.repository / 'build').iterdir()) == []


@pytest.mark.parametrize(
    ('added', 'said'),
    [
        ('![none](pictures/none.svg)', 'a page shows pictures/none.svg, which is not there'),
        ('[none](examples/none.py)', 'a page leads to examples/none.py, which is not a file'),
        ('[none](advance.md#none)', 'from-4.1.md: advance.md#none leads nowhere in the book'),
        (
            '```mermaid\nflowchart LR\n```',
            'this Mermaid has not been drawn, which make drawings does',
        ),
        ('```shell\ntrue\n```', "unknown fence '```shell', so nothing would run it"),
    ],
)
def test_a_mistake_of_a_page_is_one_sentence(launcher: Launcher, added: str, said: str) -> None:
    page = launcher.repository / 'from-4.1.md'
    page.write_text(f'{page.read_text()}\n{added}\n')
    launcher.start('make', 'book')
    assert launcher.wait(SECONDS) == 2
    assert said in launcher.output
    assert 'Traceback' not in launcher.output


def test_an_interrupted_build_leaves_nothing(launcher: Launcher) -> None:
    launcher.start('make', 'book')
    build = launcher.repository / 'build'
    assert wait_until(lambda: any(build.glob('*/source/production/*')), SECONDS)
    launcher.signal(signal.SIGTERM)
    launcher.press_control_c()
    launcher.wait(SECONDS)
    launcher.assert_nothing_is_left()
