"""settings_to_start_with.py without a broker."""

import inspect
from collections.abc import Callable

from celery import Celery

from examples import settings_to_start_with
from playground.compose_file import ComposeFile
from tests.page_tables import table

NOT_IN_THE_TABLE = ('broker_url', 'result_backend', 'task_default_queue')


def test_it_packs(run_eagerly: Callable[[Celery], None]) -> None:
    run_eagerly(settings_to_start_with.app)
    assert settings_to_start_with.pack.delay('tea').get() == 'tea is packed'


def test_celery_knows_each_setting_and_the_page_gives_a_reason_for_it() -> None:
    own = {
        name: value
        for name, value in inspect.getmembers(settings_to_start_with.Config)
        if not name.startswith('__')
    }
    conf = settings_to_start_with.app.conf
    assert {name: conf[name] for name in own} == own
    rows = table('setting', 'what it saves', 'proof')
    told = [name for names, _, _ in rows for name in names.split(', ')]
    assert sorted(told) == sorted(own.keys() - set(NOT_IN_THE_TABLE))


def test_settings_lead_to_the_services_of_the_notes(compose_settings: ComposeFile) -> None:
    assert settings_to_start_with.Config.broker_url == compose_settings.broker_url
    assert settings_to_start_with.Config.result_backend == compose_settings.result_backend
