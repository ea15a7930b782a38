"""A datetime without a time zone: README.md, chapter 5. vege1 counts in Asia/Taipei."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from celery import Celery
from celery.exceptions import TaskRevokedError, TimeoutError
from celery.result import AsyncResult

from tests.live.conftest import StartWorker

SECONDS = 20.0
TAIPEI = ZoneInfo('Asia/Taipei')


def without_zone(zone: object, **offset: float) -> datetime:
    return datetime.now(zone).replace(tzinfo=None) + timedelta(**offset)  # type: ignore[arg-type]


def add(caller: Celery, **options: object) -> AsyncResult:
    return caller.send_task('vege1.add', (1, 2), **options)


def test_eta_is_taken_for_utc_whatever_the_app_says(
    start_worker: StartWorker, caller: Celery
) -> None:
    worker = start_worker('vege1')
    assert add(caller, eta=without_zone(UTC, seconds=1)).get(timeout=SECONDS) == 3
    late = add(caller, eta=without_zone(TAIPEI, seconds=1))
    worker.wait_for(f'Task vege1.add[{late.id}] received', SECONDS)
    [[scheduled]] = caller.control.inspect(limit=1).scheduled().values()
    assert scheduled['request']['id'] == late.id
    hours = datetime.fromisoformat(scheduled['eta']) - datetime.now(UTC)
    assert timedelta(hours=7) < hours < timedelta(hours=9)
    # The list shows the time in the time zone of the worker's app.
    assert scheduled['eta'].endswith('+08:00')
    with pytest.raises(TimeoutError):
        late.get(timeout=0.1)


def test_so_is_expires(start_worker: StartWorker, caller: Celery) -> None:
    start_worker('vege1')
    over = add(caller, expires=without_zone(UTC, minutes=-1))
    with pytest.raises(TaskRevokedError, match='expired'):
        over.get(timeout=SECONDS)
    # A minute ago in Taipei is in seven hours and 59 minutes, taken for UTC.
    assert add(caller, expires=without_zone(TAIPEI, minutes=-1)).get(timeout=SECONDS) == 3
