"""slow.py without a broker."""

import time
from collections.abc import Callable

from celery import Celery

import slow
from playground.compose_file import ComposeFile


def test_wait_takes_its_time(run_eagerly: Callable[[Celery], None]) -> None:
    run_eagerly(slow.app)
    begin = time.monotonic()
    assert slow.wait.delay(0.1).get() == 'waited 0.1 s'
    assert time.monotonic() - begin >= 0.1


def test_settings_are_those_of_the_notes_and_a_queue(compose: ComposeFile) -> None:
    settings = {name: value for name, value in vars(slow.Config).items() if name[0] != '_'}
    assert settings == {
        'broker_url': compose.broker_url,
        'result_backend': compose.result_backend,
        'task_default_queue': 'slow',
    }
