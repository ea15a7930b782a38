"""Chapter 12 without a broker: the commands of 2018 that fail at once, and what is no command."""

from collections.abc import Iterator
from importlib.metadata import metadata
from pathlib import Path

import pytest
import yaml

from playground.compose_file import COMPOSE_FILE
from playground.session import Session
from playground.terminal import Terminal
from tests.changes import (
    CHANGES,
    RUNS_ON,
    Change,
    assert_ends,
    assert_prints,
    environment,
    fresh_folder,
)

ALONE = [change for change in CHANGES if change.fails_alone]


@pytest.fixture
def own_session() -> Iterator[Session]:
    with Session() as session:
        yield session


def test_the_table_is_there() -> None:
    assert len(CHANGES) >= 10
    assert len({change.old for change in CHANGES}) == len(CHANGES)
    assert {change.status for change in CHANGES} == {'0', '1', '2', RUNS_ON}
    assert ALONE


@pytest.mark.parametrize('change', ALONE, ids=lambda change: change.old)
def test_the_old_form_fails_as_printed(
    change: Change, own_session: Session, tmp_path: Path
) -> None:
    folder = fresh_folder(tmp_path)
    terminal = Terminal(own_session, 'old', change.old, environment(folder), folder)
    assert_prints(terminal, change.old_prints)
    assert_ends(terminal, change.status)


def test_celery_says_which_python_it_needs() -> None:
    assert metadata('celery')['Requires-Python'] == '>=3.10'


def test_the_extra_librabbitmq_is_for_old_pythons() -> None:
    required = metadata('celery').get_all('Requires-Dist') or []
    (librabbitmq,) = [line for line in required if line.startswith('librabbitmq')]
    assert 'python_version < "3.11"' in librabbitmq
    assert any(line.startswith('amqp') for line in metadata('kombu').get_all('Requires-Dist') or [])


def test_the_compose_file_has_no_version() -> None:
    assert 'version' not in yaml.safe_load(COMPOSE_FILE.read_text())
