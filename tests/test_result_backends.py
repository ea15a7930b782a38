"""The table of result backends in README.md, chapter 6, against Celery's own code."""

import ast
from importlib.util import find_spec
from pathlib import Path

import pytest
from celery import Celery
from celery.app.backends import BACKEND_ALIASES, by_name
from celery.backends.base import Backend

from tests.page_tables import table

ROWS = {row[0]: row[2] for row in table('start', 'results are in', 'old ones are deleted by')}


def test_each_start_is_one_that_celery_has() -> None:
    assert set(ROWS) <= set(BACKEND_ALIASES)
    assert len(ROWS) == 4


def test_redis_deletes_by_itself() -> None:
    assert ROWS['redis'] == 'the store'
    assert by_name('redis').supports_autoexpire


def test_beat_deletes_from_a_database() -> None:
    """Its module imports a package that the notes do not have, so read what it defines."""
    assert ROWS['db'] == 'beat'
    spec = find_spec('celery.backends.database')
    assert spec
    assert spec.origin
    found = ast.walk(ast.parse(Path(spec.origin).read_text()))
    assert 'cleanup' in {node.name for node in found if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize('name', ['cassandra', 'dynamodb'])
def test_some_delete_nothing_unless_told(name: str) -> None:
    """They claim that the store deletes, so beat does not, and the store is not told to."""
    backend = by_name(name)
    assert backend.supports_autoexpire
    assert backend.cleanup is Backend.cleanup


def test_what_tells_those_stores_is_off_by_default() -> None:
    assert Celery('bare', set_as_current=False).conf.cassandra_entry_ttl is None
    assert by_name('dynamodb').time_to_live_seconds is None
