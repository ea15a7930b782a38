"""event_receiver.py without a broker: events made by hand."""

from typing import Any

import pytest
from celery.events.event import Event

from examples import event_receiver
from playground.compose_file import ComposeFile


@pytest.fixture(autouse=True)
def _forget_earlier_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_receiver, 'state', event_receiver.app.events.State())


def event(kind: str, **fields: Any) -> dict[str, Any]:
    common = {'hostname': 'w1@localhost', 'clock': 1, 'local_received': 1}
    return dict(Event(kind, **common, **fields))


def test_a_failure_is_told_with_the_name_of_the_task(capsys: pytest.CaptureFixture[str]) -> None:
    event_receiver.state.event(event('task-received', uuid='1', name='a.b', args='(1, 0)'))
    event_receiver.tell_failure(event('task-failed', uuid='1', exception='ValueError()'))
    assert capsys.readouterr().out == 'w1@localhost: a.b with (1, 0): ValueError()\n'


def test_a_worker_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        event_receiver.tell_new_worker(event('worker-heartbeat'))
    assert capsys.readouterr().out == 'w1@localhost is there\n'


def test_settings_lead_to_the_services_of_the_notes(compose_settings: ComposeFile) -> None:
    assert event_receiver.Config.broker_url == compose_settings.broker_url
