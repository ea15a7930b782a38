"""A page that is wrong by one character must fail, and at that line."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.virtual_environment import REPOSITORY
from tests.notes.nested_run import NestedRun

README = (REPOSITORY / 'README.md').read_text()

# Chapters that show much and take little time. What they type is left alone.
CHAPTERS = ('## 2. Set-up', '## 3. The package layout')
TYPED = ('$ ', '>>> ', '... ', '> ', '^')

# A word with no ... beside it, for that stands for any text, the missing character included.
WORD = re.compile(r'(?<!\.)\b[a-z]{4,}\b(?!\.)')


@pytest.fixture
def page() -> str:
    """The chapters, below what the page says that each of them may leave."""
    leaves = README[README.index('<!-- leaves: ') : README.index(' -->\n') + len(' -->\n')]
    begin = README.index(f'\n{CHAPTERS[0]}\n')
    end = README.index('\n## ', README.index(f'\n{CHAPTERS[-1]}\n') + 1)
    return leaves + README[begin:end]


def shown_lines(page: str) -> Iterator[tuple[int, int]]:
    """The lines that a page says were printed, each with the line that its failure is told at.

    That is the line of the command above it, or of the first line that a terminal goes on with.
    """
    kind, told_at, is_skipped = '', 0, False
    for number, line in enumerate(page.splitlines(), start=1):
        if line.startswith('<!-- skip: next'):
            is_skipped = True
        elif line.startswith('```'):
            kind, told_at, is_skipped = ('' if kind else line[3:]), 0, is_skipped and not kind
        elif is_skipped:
            continue
        elif kind in ('console', 'pycon'):
            if line.startswith(TYPED):
                told_at = number
            elif WORD.search(line):
                told_at = told_at or number
                yield number, told_at


def without_one_character(line: str) -> str:
    word = WORD.search(line)
    assert word
    middle = (word.start() + word.end()) // 2
    return line[:middle] + line[middle + 1 :]


def test_one_character_less_fails_at_its_line(nested: NestedRun, page: str) -> None:
    lines = page.splitlines()
    # One wrong line for each command: a second one below it would be told at the same place.
    wrong = {told_at: number for number, told_at in shown_lines(page)}
    assert len(wrong) >= 10
    for number in wrong.values():
        lines[number - 1] = without_one_character(lines[number - 1])
    found = nested.run('\n'.join(lines) + '\n')
    assert set(found) == set(wrong), nested.output


def test_a_task_of_another_name_fails_where_it_is_called(nested: NestedRun, page: str) -> None:
    vege = nested.repository / 'vege.py'
    vege.write_text(vege.read_text().replace('def hello(', 'def greet('))
    found = nested.run(page)
    lines = page.splitlines()
    calls = [number for number, line in enumerate(lines, start=1) if 'hello.delay(' in line]
    listed = lines.index('$ celery -A vege worker -l info') + 1
    assert calls
    assert {*calls[:1], listed} <= set(found), nested.output
    assert "name 'hello' is not defined" in nested.output


@pytest.fixture
def nested(tmp_path: Path) -> NestedRun:
    return NestedRun(tmp_path)
