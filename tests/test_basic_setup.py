"""The package basic_setup without a broker."""

import logging
from collections.abc import Callable

import pytest
from celery import Celery
from celery.app.defaults import SETTING_KEYS

from basic_setup import celeryconfig, tasks
from basic_setup.celery import app
from playground.compose_file import ComposeFile


@pytest.fixture(autouse=True)
def _eager(run_eagerly: Callable[[Celery], None]) -> None:
    run_eagerly(app)


def test_tasks_run() -> None:
    assert tasks.add.delay(2, 3).get() == 5
    assert tasks.mul.delay(5, 4).get() == 20
    assert tasks.xsum.delay([1, 2, 3]).get() == 6


def test_tasks_work_together() -> None:
    assert (tasks.add.s(2, 3) | tasks.mul.s(4)).delay().get() == 20


def test_tasks_log_under_their_module(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, 'basic_setup.tasks'):
        tasks.add.delay(2, 3)
    assert ('basic_setup.tasks', logging.INFO, 'adding 2 and 3') in caplog.record_tuples


def test_tasks_are_named_after_their_module() -> None:
    names = {name for name in app.tasks if name.startswith('basic_setup.')}
    assert names == {'basic_setup.tasks.add', 'basic_setup.tasks.mul', 'basic_setup.tasks.xsum'}


def test_a_worker_imports_the_tasks() -> None:
    assert app.main == 'basic_setup'
    assert 'basic_setup.tasks' in app.conf.include


def test_settings_lead_to_the_services_of_the_notes(compose_settings: ComposeFile) -> None:
    assert celeryconfig.broker_url == compose_settings.broker_url
    assert celeryconfig.result_backend == compose_settings.result_backend


def test_settings_are_celerys_own() -> None:
    names = {name for name in vars(celeryconfig) if not name.startswith('_')}
    assert names <= SETTING_KEYS


def test_the_queue_is_its_own() -> None:
    assert app.conf.task_default_queue == 'basic_setup'
