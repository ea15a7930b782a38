"""examples/README.md lists each example with its chapters and commands, and nothing else."""

import re
from pathlib import Path

import pytest

from playground.virtual_environment import REPOSITORY
from tests import app_head
from tests.markdown import anchors, tokens
from tests.notes.page import chapter
from tests.pages import PAGES

FOLDER = REPOSITORY / 'examples'
INDEX = FOLDER / 'README.md'
NO_LESSONS = ('README.md', '__init__.py')
FILES = sorted(path for path in FOLDER.iterdir() if path.is_file() and path.name not in NO_LESSONS)

ROW = re.compile(r'\| \[(\S+)\]\((\S+)\) \| (.+) \| (.+) \| (.+) \|')
LINK = re.compile(r'\[(\S+), chapter (\d+)\]\(\.\./(\S+?)#(\S+)\)')


def rows() -> dict[str, tuple[str, str, str]]:
    """The lesson, the chapters and the commands of each row, by its file."""
    _, *lines = [line for line in INDEX.read_text().splitlines() if line.startswith('| ')]
    found = [ROW.fullmatch(line) for line in lines]
    assert all(row and row[1] == row[2] for row in found), lines
    return {row[1]: (row[3], row[4], row[5]) for row in found if row}


def uses(path: Path) -> set[tuple[str, int]]:
    """The chapters with an excerpt of this file, or with something typed that names it."""
    module = re.compile(
        rf'\bexamples(?:\.{path.stem}\b|/{re.escape(path.name)}| import {path.stem}\b)'
    )
    found = set()
    for page in PAGES:
        text = page.read_text()
        for token in tokens(page):
            runs = token.type == 'fence' or token.content.startswith('<!-- file: ')
            if runs and token.map and module.search(token.content):
                number = re.match(r'## (\d+)\. ', chapter(text, token.map[0] + 1))
                assert number
                found.add((page.name, int(number[1])))
    return found


@pytest.fixture(params=FILES, ids=lambda path: path.name)
def path(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def test_each_file_has_a_row_and_each_row_a_file() -> None:
    assert list(rows()) == [path.name for path in FILES]


def test_a_row_says_what_the_file_says(path: Path) -> None:
    head = app_head.read(path)
    lesson, chapters, commands = rows()[path.name]
    assert lesson == head.lesson
    links = [LINK.fullmatch(link) for link in chapters.split('<br>')]
    assert [(link[1], int(link[2])) for link in links if link] == [
        (head.page, number) for number in head.chapters
    ]
    assert commands.split('<br>') == [f'`{command}`' for command in head.commands]


def test_a_link_of_a_row_leads_to_its_chapter(path: Path) -> None:
    for page, number, target, anchor in LINK.findall(rows()[path.name][1]):
        assert target == page
        assert anchor in anchors(REPOSITORY / page)
        assert anchor.startswith(f'{number}-')


def test_the_chapters_that_a_file_names_are_those_that_use_it(path: Path) -> None:
    head = app_head.read(path)
    assert uses(path) == {(head.page, number) for number in head.chapters}


def test_a_page_has_the_commands_at_the_head_of_a_file(path: Path) -> None:
    head = app_head.read(path)
    page = (REPOSITORY / head.page).read_text()
    assert head.commands
    assert [command for command in head.commands if command not in page] == []
