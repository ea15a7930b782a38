"""vege2.py without a broker."""

from collections.abc import Callable
from typing import Any

import pytest
from celery import Celery
from celery.schedules import crontab

import vege2
from playground.compose_file import ComposeFile


@pytest.fixture(autouse=True)
def _eager(run_eagerly: Callable[[Celery], None]) -> None:
    run_eagerly(vege2.app)


@pytest.fixture
def schedule() -> dict[str, Any]:
    """The schedule, once the app has read its settings and has told so."""
    return dict(vege2.app.conf.beat_schedule)


def test_tasks_run() -> None:
    assert vege2.hello.delay('there').get() == 'hello there'
    assert vege2.add.delay(5, 5).get() == 10


def test_tasks_are_named_after_their_module() -> None:
    assert (vege2.hello.name, vege2.add.name) == ('vege2.hello', 'vege2.add')


def test_settings_lead_to_the_services_of_the_notes(compose_settings: ComposeFile) -> None:
    assert vege2.Config.broker_url == compose_settings.broker_url
    assert vege2.Config.result_backend == compose_settings.result_backend


def test_schedule_is_made_when_the_settings_are_read(schedule: dict[str, Any]) -> None:
    assert set(schedule) == {'hello-every-10-seconds', 'add-every-monday-morning'}


def test_hello_goes_to_queue1_every_ten_seconds(schedule: dict[str, Any]) -> None:
    entry = schedule['hello-every-10-seconds']
    assert entry['task'] == 'vege2.hello'
    assert entry['schedule'] == 10.0
    assert tuple(entry['args']) == ('there',)
    assert entry['options']['queue'] == 'queue1'


def test_add_goes_to_queue2_on_monday_at_half_past_seven(schedule: dict[str, Any]) -> None:
    entry = schedule['add-every-monday-morning']
    assert entry['task'] == 'vege2.add'
    assert entry['schedule'] == crontab(hour=7, minute=30, day_of_week=1)
    assert entry['options']['queue'] == 'queue2'
    assert vege2.add.apply(entry['args']).get() == 10
