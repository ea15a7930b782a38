"""Each entry of troubleshooting.md names what proves it, and that speaks of the same message."""

from pathlib import Path

import pytest

from playground.virtual_environment import REPOSITORY
from tests.notes.entries import THIS_PAGE, Entry, entries, shows, strings
from tests.notes.page import MESSAGES
from tests.pages import PAGES

PAGE = REPOSITORY / 'troubleshooting.md'
ENTRIES = entries(PAGE.read_text())
LEAST = 45


def test_there_are_enough() -> None:
    assert len([entry for entry in ENTRIES if entry.is_proved and entry.messages]) >= LEAST


def test_each_heading_of_a_message_has_its_proof() -> None:
    text = PAGE.read_text()
    chapters = text[text.index('\n## 2. ') :]
    headings = [line.removeprefix('### ') for line in chapters.splitlines() if line[:4] == '### ']
    assert headings == [entry.heading for entry in entries(chapters)]
    assert len(set(headings)) == len(headings)


@pytest.mark.parametrize('entry', ENTRIES, ids=lambda entry: entry.heading)
def test_the_proof_is_there_and_has_the_words(entry: Entry) -> None:
    if not entry.is_proved:
        return
    if entry.proof == THIS_PAGE:
        assert entry.run
        said = entry.run
    else:
        name, _, test = entry.proof.partition('::')
        said = strings(REPOSITORY / name, test)
    missing = [line for line in entry.lines() if not shows(line, said)]
    assert missing == [], f'{entry.proof} does not speak of these lines'


def test_no_message_stands_outside_an_entry() -> None:
    for page in PAGES:
        shown = sum(page.read_text().count(f'\n```{kind}\n') for kind in MESSAGES)
        assert shown == sum(len(entry.messages) for entry in entries(page.read_text())), page.name


EXAMPLE = """
## 2. A chapter

### What it says

<!-- proved by: tests/test_example.py::test_it -->

```text
[...: ERROR/MainProcess] Cannot ... the tea, nor ... cake
```
"""
TEST = """
SAID = 'Cannot pour the tea'
CAKE = 'nor bring the cake'


def helper():
    return SAID


def test_it():
    assert helper()


def test_other():
    assert CAKE
"""


def test_a_line_that_the_test_does_not_speak_of_is_found(tmp_path: Path) -> None:
    [entry] = entries(EXAMPLE)
    assert entry.heading == 'What it says'
    assert entry.lines() == ['Cannot', 'the tea, nor', 'cake']
    path = tmp_path / 'test_example.py'
    path.write_text(TEST)
    said = strings(path, 'test_it')
    assert said == ['Cannot pour the tea'] * 2
    assert [shows(line, said) for line in entry.lines()] == [True, False, False]
    with pytest.raises(LookupError):
        strings(path, 'test_that_is_not_there')
