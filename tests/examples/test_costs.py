"""costs.py without a broker."""

import os
import subprocess
import sys
from typing import Any

import psutil
import pytest

from examples import costs
from playground.virtual_environment import REPOSITORY
from playground.waiting import wait_until

SECONDS = 30.0


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What the worker is asked. Each task costs it 0.1 s, and anything else nothing."""
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
        return {'pid': os.getpid()}

    monkeypatch.setattr(costs.mail, 'apply_async', send)
    monkeypatch.setattr(costs.mail, 'delay', send)
    monkeypatch.setattr(costs, 'ask_worker', answer)
    monkeypatch.setattr(costs, 'processor_seconds', lambda: 0.1 * len(sent))
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
def test_a_way_costs_what_the_worker_used(
    asked: list[tuple[str, dict[str, Any]]], way: str, events: str, limit: str
) -> None:
    # The last task, which is waited for, is in an empty round too.
    assert costs.measure(way, 20) - costs.measure(way, 0) == pytest.approx(2.0)
    assert asked[:2] == [
        (events, {}),
        ('rate_limit', {'task_name': 'examples.costs.mail', 'rate_limit': limit}),
    ]


def test_the_children_of_a_worker_count(
    asked: list[tuple[str, dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(costs, 'ask_worker', lambda command: {'pid': os.getpid()})
    child = psutil.Popen([sys.executable, '-c', 'while True: pass'])
    try:
        before = psutil.Process().cpu_times()
        assert wait_until(lambda: child.cpu_times().user >= 0.2, SECONDS)
        assert costs.processor_seconds() >= before.user + before.system + 0.2
    finally:
        child.kill()
        child.wait()


@pytest.mark.parametrize('arguments', [[], ['5'], ['five', '400']])
def test_bad_arguments_end_with_one_sentence(arguments: list[str]) -> None:
    command = [sys.executable, '-m', 'examples.costs', *arguments]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=SECONDS)
    assert ended.returncode == 2
    assert 'python -m examples.costs: error: ' in ended.stderr
