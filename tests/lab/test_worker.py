"""What make faults asks its worker."""

import dataclasses
from typing import Any

import pytest
from celery import Celery

from lab.faults.worker import Worker
from playground.session import Session


@dataclasses.dataclass
class Inspect:
    """Notes with which options it was asked, and has the same answer to all."""

    app: Celery
    answer: Any
    options: list[dict[str, Any]] = dataclasses.field(default_factory=list)

    def active(self) -> Any:
        self.options.append(self.app.conf.broker_transport_options)
        return self.answer

    reserved = scheduled = active


@pytest.mark.parametrize(
    ('answer', 'idle'),
    [({'w': []}, True), ({'w': ['a task']}, False), (None, False)],
)
def test_a_worker_is_asked_without_confirmations(
    answer: Any, idle: bool, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Celery('caller', set_as_current=False)
    app.conf.broker_transport_options = {'confirm_publish': True, 'visibility_timeout': 6}
    inspect = Inspect(app, answer)
    monkeypatch.setattr(app.control, 'inspect', lambda *arguments, **options: inspect)
    assert Worker(session, {}).is_idle(app) is idle
    asked = {'confirm_publish': False, 'visibility_timeout': 6}
    assert inspect.options == [asked] * 3
