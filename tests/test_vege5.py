"""vege5.py without a broker."""

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from celery import Celery

import vege5
from playground.compose_file import ComposeFile


@pytest.fixture(autouse=True)
def _eager(
    run_eagerly: Callable[[Celery], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_eagerly(vege5.app)
    monkeypatch.chdir(tmp_path)


def deposits() -> list[int]:
    with contextlib.closing(sqlite3.connect('vege5.sqlite3')) as database:
        return [amount for (amount,) in database.execute('SELECT amount FROM deposits')]


def test_a_task_without_a_key_that_runs_twice_does_it_twice() -> None:
    for _ in range(2):
        vege5.deposit.delay(5)
    assert deposits() == [5, 5]


def test_a_key_makes_it_once() -> None:
    for key in 'order 1', 'order 1', 'order 2':
        vege5.deposit.delay(5, key=key)
    assert deposits() == [5, 5]


def test_a_task_that_fails_keeps_no_key() -> None:
    with pytest.raises(sqlite3.Error):
        vege5.deposit.delay([], key='order 1')
    vege5.deposit.delay(5, key='order 1')
    assert deposits() == [5]


def test_celery_knows_each_setting() -> None:
    own = {name: value for name, value in vars(vege5.Config).items() if name[0] != '_'}
    assert {name: vege5.app.conf[name] for name in own} == own


def test_settings_lead_to_the_services_of_the_notes(compose_settings: ComposeFile) -> None:
    assert vege5.Config.broker_url == compose_settings.broker_url
    assert vege5.Config.result_backend == compose_settings.result_backend


def test_redis_gives_back_no_task_that_may_still_run() -> None:
    config = vege5.Config
    assert config.task_soft_time_limit < config.task_time_limit
    assert config.task_time_limit < config.broker_transport_options['visibility_timeout']
