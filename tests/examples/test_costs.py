"""costs.py without a broker."""

from typing import Any

import pytest

from examples import costs


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What the worker is asked; its stats tell 0.1 s of CPU time more with each task."""
    commands: list[tuple[str, dict[str, Any]]] = []
    sent: list[dict[str, Any]] = []

    class Result:
        def get(self, timeout: float) -> None:
            pass

    def send(**options: Any) -> Result:
        sent.append(options)
        return Result()

    def answer(command: str, **arguments: str) -> dict[str, Any]:
        commands.append((command, arguments))
        return {'rusage': {'utime': 1 + 0.06 * len(sent), 'stime': 2 + 0.04 * len(sent)}}

    monkeypatch.setattr(costs.mail, 'apply_async', send)
    monkeypatch.setattr(costs.mail, 'delay', send)
    monkeypatch.setattr(costs, 'ask_worker', answer)
    return commands


@pytest.mark.parametrize(
    ('way', 'events', 'limit'),
    [
        ('no result', 'disable_events', '0'),
        ('as it comes', 'disable_events', '0'),
        ('rate limit', 'disable_events', '100000/s'),
        ('events on', 'enable_events', '0'),
    ],
)
def test_a_way_costs_what_the_worker_used_for_a_task(
    asked: list[tuple[str, dict[str, Any]]], way: str, events: str, limit: str
) -> None:
    assert costs.measure(way) == pytest.approx(100)
    assert asked[:2] == [
        (events, {}),
        ('rate_limit', {'task_name': 'examples.costs.mail', 'rate_limit': limit}),
    ]
