"""control_panel.py without a broker, and the table of remote commands."""

import re
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from celery import Celery
from celery.worker import state as worker_state
from celery.worker.control import Panel

from examples import control_panel
from playground.compose_file import ComposeFile
from playground.virtual_environment import REPOSITORY

OURS = {'processes'}


@pytest.fixture(autouse=True)
def _eager(run_eagerly: Callable[[Celery], None]) -> None:
    run_eagerly(control_panel.app)


def test_tasks_run() -> None:
    assert control_panel.sleep.delay(0).get() == 'slept 0 s'
    assert control_panel.divide.delay(6, 3).get() == 2


def test_a_division_by_zero_fails() -> None:
    with pytest.raises(ZeroDivisionError):
        control_panel.divide.delay(1, 0)


def test_settings_lead_to_the_services_of_the_notes(compose_settings: ComposeFile) -> None:
    assert control_panel.Config.broker_url == compose_settings.broker_url
    assert control_panel.Config.result_backend == compose_settings.result_backend


def test_processes_is_an_inspect_command() -> None:
    command = Panel.meta['processes']
    assert (command.type, command.visible) == ('inspect', True)
    assert command.args == [('task_name', str)]


def test_processes_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    active = [SimpleNamespace(name='a'), SimpleNamespace(name='a'), SimpleNamespace(name='b')]
    monkeypatch.setattr(worker_state, 'active_requests', active)
    state = SimpleNamespace(consumer=SimpleNamespace(pool=SimpleNamespace(num_processes=4)))
    assert control_panel.processes(state) == {'all': 4, 'busy': 3}
    assert control_panel.processes(state, task_name='a') == {'all': 4, 'busy': 2}
    assert control_panel.processes(state, task_name='c') == {'all': 4, 'busy': 0}


def test_the_commands_of_the_notes_are_celerys() -> None:
    page = (REPOSITORY / 'advance.md').read_text()
    rows = re.findall(r'^\| (inspect|control) \| (`.+?`) \| .+ \|$', page, re.MULTILINE)
    named = {(kind, name) for kind, names in rows for name in re.findall(r'`(\w+)`', names)}
    celerys = {
        (command.type, name)
        for name, command in Panel.meta.items()
        if command.visible and name not in OURS
    }
    assert len(named) > 5
    assert named <= celerys
