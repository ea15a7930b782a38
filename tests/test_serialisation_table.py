"""The table of chapter 8 of the advanced notes: kombu itself computes each cell."""

import datetime as dates
import re
from decimal import Decimal
from typing import Any

import pytest
from kombu import serialization
from kombu.exceptions import KombuError

from playground.virtual_environment import REPOSITORY

dumps: Any = serialization.dumps
loads: Any = serialization.loads

HEADER = '| you send | JSON gives | msgpack gives |'
NAMES: dict[str, Any] = {
    'Decimal': Decimal,
    'date': dates.date,
    'timedelta': dates.timedelta,
}


def rows() -> list[list[str]]:
    pages = [page.read_text() for page in sorted(REPOSITORY.glob('advance*.md'))]
    (after,) = {page.split(HEADER)[1] for page in pages if HEADER in page}
    table = after.split('\n\n')[0].splitlines()[2:]
    return [re.findall(r'`([^`]+)`', line) for line in table]


ROWS = rows()


def arrives(value: object, serializer: str) -> str:
    try:
        content_type, encoding, body = dumps(value, serializer=serializer)
        return repr(loads(body, content_type, encoding, accept={content_type}))
    except KombuError as error:
        return type(error).__name__


def test_the_table_is_there() -> None:
    assert len(ROWS) >= 8
    assert all(len(row) == 3 for row in ROWS)


@pytest.mark.parametrize(('sent', 'json', 'msgpack'), ROWS)
def test_a_row_shows_what_arrives(sent: str, json: str, msgpack: str) -> None:
    value = eval(sent, dict(NAMES))
    assert arrives(value, 'json') == json
    assert arrives(value, 'msgpack') == msgpack
