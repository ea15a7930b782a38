"""The table of result backends in README.md, chapter 7, against Celery's own code."""

import re
from importlib.metadata import metadata

import pytest
from celery.app.backends import BACKEND_ALIASES, by_name
from celery.backends.base import Backend

from playground.virtual_environment import REPOSITORY

HEADING = '## 7. Keeping results'
FIRST_CELL = '| start |'
NOT_INSTALLED = {'azureblockblob', 'database', 'db'}  # their modules import a package we lack
GONE = {'riak'}


def rows() -> dict[str, list[str]]:
    """The table's rows by the names of their first cell."""
    texts = [path.read_text() for path in REPOSITORY.glob('*.md')]
    (page,) = [text for text in texts if HEADING in text]
    _, _, table = page.split(HEADING)[1].partition(FIRST_CELL)
    found = {}
    for line in table.split('\n\n')[0].splitlines()[2:]:
        names, *cells = [cell.strip() for cell in line.strip('|').split('|')]
        found.update(dict.fromkeys(re.findall(r'`(\w+)`', names), cells))
    return found


def test_the_table_has_each_name_that_celery_has() -> None:
    assert set(rows()) == set(BACKEND_ALIASES)


@pytest.mark.parametrize('name', sorted(set(BACKEND_ALIASES) - NOT_INSTALLED - GONE - {'disabled'}))
def test_who_deletes_old_results(name: str) -> None:
    backend = by_name(name)
    if backend.supports_autoexpire:
        expected = 'the store'
    else:
        expected = 'nobody' if backend.cleanup is Backend.cleanup else 'beat'
    assert rows()[name][-1] == expected


@pytest.mark.parametrize('name', sorted(GONE))
def test_what_is_gone_is_gone(name: str) -> None:
    with pytest.raises(ModuleNotFoundError, match=f'celery.backends.{name}'):
        by_name(name)


def test_what_to_install_exists() -> None:
    wanted = re.findall(r'celery\[(\w+)\]', ' '.join(cells[1] for cells in rows().values()))
    assert len(wanted) > 10
    assert set(wanted) <= set(metadata('celery').get_all('Provides-Extra') or [])
