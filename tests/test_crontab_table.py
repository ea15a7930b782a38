"""The table of crontab expressions in README.md, chapter 10, as Celery computes them."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from celery import Celery
from celery.schedules import crontab

from tests.page_tables import table, texts

ROWS = table('expression', 'meaning', 'first', 'second')
FORMAT = '%a %Y-%m-%d %H:%M'
START = re.compile(r'(\w{3} \d{4}-\d\d-\d\d \d\d:\d\d) in ([A-Z]\w+/[A-Z]\w+)')


@pytest.fixture(scope='module')
def start() -> datetime:
    """The instant that the page names above the table."""
    (named,) = {match.groups() for text in texts() for match in START.finditer(text)}
    instant, zone = named
    moment = datetime.strptime(instant, FORMAT).replace(tzinfo=ZoneInfo(zone))
    assert f'{moment:{FORMAT}}' == instant, 'the weekday of the page is not that of the date'
    return moment


@pytest.fixture
def make_schedule(start: datetime) -> Callable[[str], crontab]:
    """Make the schedule of an expression, in the time zone that the page names."""
    app = Celery('crontab_table', set_as_current=False)
    app.conf.timezone = str(start.tzinfo)

    def make(expression: str) -> crontab:
        schedule = eval(expression, {'crontab': crontab})
        schedule.app = app
        return schedule

    return make


def test_the_table_is_there() -> None:
    assert len(ROWS) >= 8
    assert len({row[0] for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize(('expression', 'due'), [(row[0], row[2:]) for row in ROWS])
def test_a_row_shows_the_next_two_due_times(
    expression: str, due: list[str], start: datetime, make_schedule: Callable[[str], crontab]
) -> None:
    schedule = make_schedule(expression)
    computed = []
    last = start
    for _ in due:
        set_clock(schedule, last)
        last += schedule.remaining_estimate(last)
        computed.append(f'{last:{FORMAT}}')
    assert computed == due


@pytest.mark.parametrize(('expression', 'first'), [(row[0], row[2]) for row in ROWS])
def test_beat_sends_at_that_minute_and_not_before(
    expression: str, first: str, start: datetime, make_schedule: Callable[[str], crontab]
) -> None:
    schedule = make_schedule(expression)
    due = datetime.strptime(first, FORMAT).replace(tzinfo=start.tzinfo)
    set_clock(schedule, due - timedelta(seconds=1))
    assert not schedule.is_due(start).is_due
    set_clock(schedule, due)
    assert schedule.is_due(start).is_due


def set_clock(schedule: crontab, now: datetime) -> None:
    schedule.nowfun = lambda: now
