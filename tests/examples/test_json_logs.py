"""json_logs.py without a broker."""

import json
import logging
import sys
from collections.abc import Callable

import pytest
from celery import Celery
from celery.signals import after_setup_logger, after_setup_task_logger

from examples import json_logs
from playground.compose_file import ComposeFile


@pytest.fixture(autouse=True)
def _eager(run_eagerly: Callable[[Celery], None]) -> None:
    run_eagerly(json_logs.app)


def test_the_task_runs() -> None:
    assert json_logs.mean.delay([3, 4, 8]).get() == 5


def test_a_line_is_json() -> None:
    record = logging.LogRecord('name', logging.INFO, 'file', 1, 'two\n%s', ('lines',), None)
    line = json_logs.JSONFormatter().format(record)
    assert '\n' not in line
    parts = json.loads(line)
    assert parts.pop('time')
    assert parts == {'level': 'INFO', 'logger': 'name', 'task_id': None, 'message': 'two\nlines'}


def test_a_traceback_stays_in_its_line() -> None:
    try:
        raise ValueError('wrong')
    except ValueError:
        record = logging.LogRecord('name', logging.ERROR, 'file', 1, 'oh', (), sys.exc_info())
    line = json_logs.JSONFormatter().format(record)
    assert '\n' not in line
    assert json.loads(line)['exception'].endswith('ValueError: wrong')


@pytest.mark.parametrize('signal', [after_setup_logger, after_setup_task_logger])
def test_both_signals_change_the_handlers(signal: object) -> None:
    logger = logging.Logger('alone')
    logger.addHandler(logging.NullHandler())
    signal.send(sender=None, logger=logger)  # type: ignore[attr-defined]
    assert isinstance(logger.handlers[0].formatter, json_logs.JSONFormatter)


def test_settings_lead_to_the_services_of_the_notes(compose_settings: ComposeFile) -> None:
    assert json_logs.Config.broker_url == compose_settings.broker_url
    assert json_logs.Config.result_backend == compose_settings.result_backend
