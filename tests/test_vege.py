"""vege.py without a broker."""

from collections.abc import Callable

import pytest
from celery import Celery

import vege
from playground.compose_file import ComposeFile


@pytest.fixture(autouse=True)
def _eager(run_eagerly: Callable[[Celery], None]) -> None:
    run_eagerly(vege.app)


def test_hello_greets_the_world_without_a_name() -> None:
    assert vege.hello.delay().get() == 'hello world'


def test_hello_greets_by_name() -> None:
    assert vege.hello.delay('Chris').get() == 'hello Chris'


def test_hello_takes_no_second_name() -> None:
    with pytest.raises(TypeError, match='takes from 0 to 1 positional arguments but 2 were given'):
        vege.hello.delay('Chris', 'Mark')


def test_settings_are_the_two_of_the_notes(compose_settings: ComposeFile) -> None:
    settings = {name: value for name, value in vars(vege.Config).items() if name[0] != '_'}
    assert settings == {
        'broker_url': compose_settings.broker_url,
        'result_backend': compose_settings.result_backend,
    }


def test_task_is_named_after_its_module() -> None:
    assert vege.app.main == 'vege'
    assert vege.hello.name == 'vege.hello'
