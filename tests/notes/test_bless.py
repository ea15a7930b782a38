"""make bless on a small page: it writes what is true, and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.notes.bless import Page
from tests.notes.comparison import How
from tests.notes.nested_run import SECONDS, NestedRun
from tests.notes.observation import Observation

PROGRAM = """\
import os, random, uuid
print('version {version} (collider), process', os.getpid())
{more}print('the same line')
print('its id is', uuid.uuid4(), 'and its number', random.randrange(10**9))
"""

PAGE = """\
# A page that was true

## 1. First

```console
$ python program.py
version 5.7.0 (...), process ...
the same line
its id is ... and its number ...
```

<!-- terminal: worker -->
```console
$ echo starting $RANDOM; trap 'echo bye; exit' INT; while :; do sleep 0.1; done
starting ...
```

<!-- file: program.py -->
```python
print('version 5.7.0 (collider), process', os.getpid())
```

## 2. Second

<!-- terminal: shell -->
```console
$ celery -A vege shell
Python ...
...
(InteractiveConsole)
```

```pycon
>>> hello('Chris')
'hello Chris'
>>> app
<Celery vege at 0x...>
```
"""


def bless(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, '-m', 'tests.notes.bless', *arguments],
        cwd=repository,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )


def git(repository: Path, *arguments: str) -> None:
    author = ['-c', 'user.name=A', '-c', 'user.email=a@example.org']
    subprocess.run(['git', *author, *arguments], cwd=repository, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A clone of its own, in which the page was true for version 5.7.0."""
    repository = NestedRun(tmp_path).repository
    (repository / 'program.py').write_text(PROGRAM.format(version='5.7.0', more=''))
    (repository / 'page.md').write_text(PAGE)
    git(repository, 'init', '--quiet')
    git(repository, 'add', 'page.md')
    git(repository, 'commit', '--quiet', '--message', 'A page')
    return repository


def test_a_newer_version_changes_the_lines_that_differ_and_a_second_time_none(
    repository: Path,
) -> None:
    more = "print('a new line, at', hex(2**40 + random.randrange(2**40)))\n"
    (repository / 'program.py').write_text(PROGRAM.format(version='5.8.0', more=more))
    done = bless(repository, 'page.md', '--backend', 'embedded')
    assert done.returncode == 0, done.stderr
    page = (repository / 'page.md').read_text()
    expected = PAGE.replace('5.7.0', '5.8.0').replace(
        '\nthe same line', '\na new line, at 0x...\nthe same line'
    )
    assert page == expected
    assert '-version 5.7.0 (...), process ...\n+version 5.8.0 (...), process ...' in done.stdout
    git(repository, 'commit', '--quiet', '--all', '--message', 'Brought up to date')
    done = bless(repository, 'page.md', '--backend', 'embedded')
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        'run 1: page.md\n  compared 6 outputs on embedded\npage.md is up to date\n'
    )
    assert (repository / 'page.md').read_text() == page


def test_a_page_is_left_alone_if_a_command_cannot_be_run(repository: Path) -> None:
    page = PAGE.replace('5.7.0', '5.6.0').replace('python program.py', 'no-such-program')
    (repository / 'page.md').write_text(page)
    done = bless(repository, 'page.md', '--force', '--chapter', '1', '--backend', 'embedded')
    assert done.returncode == 2
    assert '$ no-such-program\ncould not be run: ' in done.stderr
    assert done.stderr.endswith('a command could not be run, so no page was changed\n')
    assert (repository / 'page.md').read_text() == page


def test_only_the_chapter_that_is_named_is_run(repository: Path) -> None:
    (repository / 'page.md').write_text(PAGE.replace('5.7.0', '0').replace('hello Chris', 'hi'))
    done = bless(repository, 'page.md', '--force', '--chapter', '2', '--backend', 'embedded')
    assert done.returncode == 0, done.stderr
    assert (repository / 'page.md').read_text() == PAGE.replace('5.7.0', '0')


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        (['nope.md'], "there is no page 'nope.md': choose one of README.md, "),
        (['page.md', '--chapter', '3'], 'no chapter 3 in page.md'),
        (['page.md', '--backend', 'nope', '--force'], "there is no back-end 'nope'"),
    ],
)
def test_what_is_not_there_is_named(repository: Path, arguments: list[str], sentence: str) -> None:
    done = bless(repository, *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert 'Traceback' not in done.stderr


def test_changes_that_are_not_committed_are_not_mixed_with_new_ones(repository: Path) -> None:
    (repository / 'page.md').write_text(f'{PAGE}\nMore.\n')
    done = bless(repository, 'page.md')
    assert done.returncode == 2
    assert done.stderr == (
        'bless: page.md has changes that are not committed, and new ones would be mixed with them:'
        ' commit or undo them, or add FORCE=1\n'
    )


def seen(text: str, line: str, expected: str, printed: str, is_late: bool = False) -> Observation:
    """What a command printed whose answer begins below a line of a page."""
    first = text.splitlines().index(line) + 2
    command = ('page.md', 'embedded', '## 1. One', first - 1, line)
    return Observation(*command, first, How.WHOLE, expected, printed, is_late)


def test_a_place_is_found_again_where_lines_above_it_have_come_and_gone() -> None:
    text = '## 1. One\n$ one\nold 1\n$ two\nold 2\n$ three\nold 3\n$ four\nold 4\n'
    page = Page('page.md', text)
    first_run = [
        seen(text, '$ one', 'old 1\n', 'a b\nc d\ne f\n'),
        seen(text, '$ two', 'old 2\n', ''),
        seen(text, '$ three', 'old 3\n', 'too late', is_late=True),
        seen(text, '$ four', 'old 4\n', 'too late', is_late=True),
    ]
    assert page.take(first_run) == {'## 1. One'}
    now = '## 1. One\n$ one\na b\nc d\ne f\n$ two\n$ three\nold 3\n$ four\nold 4\n'
    assert page.text == now
    second_run = [
        seen(now, '$ one', 'a b\nc d\ne f\n', 'a b\nc d\ne f\n'),
        seen(now, '$ two', '', ''),
        seen(now, '$ three', 'old 3\n', 'new 3\n'),
        seen(now, '$ four', 'old 4\n', 'old 4\n'),
    ]
    assert page.take(second_run) == {'## 1. One'}
    assert page.text == now.replace('old 3', 'new 3')
