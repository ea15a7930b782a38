"""vege1.py without a broker."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from celery import Celery
from celery.schedules import crontab, maybe_schedule

import vege1
from playground.compose_file import ComposeFile

SCHEDULE = vege1.Config.beat_schedule


@pytest.fixture(autouse=True)
def _eager(run_eagerly: Callable[[Celery], None]) -> None:
    run_eagerly(vege1.app)


def test_tasks_run() -> None:
    assert vege1.hello.delay('friend').get() == 'hello friend'
    assert vege1.add.delay(16, 16).get() == 32


def test_tasks_are_named_after_their_module() -> None:
    assert (vege1.hello.name, vege1.add.name) == ('vege1.hello', 'vege1.add')


def test_settings_lead_to_the_services_of_the_notes(compose_settings: ComposeFile) -> None:
    assert vege1.Config.broker_url == compose_settings.broker_url
    assert vege1.Config.result_backend == compose_settings.result_backend
    assert vege1.Config.timezone == 'Asia/Taipei'


def test_schedule_has_the_entries_of_the_notes() -> None:
    assert {name: entry['task'] for name, entry in SCHEDULE.items()} == {
        'add-every-10-seconds': 'vege1.add',
        'hello-every-30-seconds': 'vege1.hello',
        'add-every-minute': 'vege1.add',
    }


@pytest.mark.parametrize(
    ('name', 'seconds'), [('add-every-10-seconds', 10), ('hello-every-30-seconds', 30)]
)
def test_intervals(name: str, seconds: int) -> None:
    assert maybe_schedule(SCHEDULE[name]['schedule']).run_every == timedelta(seconds=seconds)


def test_every_minute_is_a_crontab() -> None:
    schedule = SCHEDULE['add-every-minute']['schedule']
    assert isinstance(schedule, crontab)
    assert schedule.minute == set(range(60))
    assert schedule.hour == set(range(24))


@pytest.mark.parametrize('name', SCHEDULE)
def test_an_entry_sends_what_its_task_takes(name: str) -> None:
    entry = SCHEDULE[name]
    assert isinstance(entry['args'], tuple)
    assert vege1.app.tasks[entry['task']].apply(entry['args']).successful()


def test_hello_goes_to_a_friend() -> None:
    assert SCHEDULE['hello-every-30-seconds']['args'] == ('friend',)
