"""shapes.py without a broker."""

import os
from collections.abc import Callable

import pytest
from celery import Celery, Task

import shapes
from playground.compose_file import ComposeFile


@pytest.fixture(autouse=True)
def _eager(run_eagerly: Callable[[Celery], None]) -> None:
    run_eagerly(shapes.app)


def test_wait_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr('shapes.time.sleep', waits.append)
    assert shapes.wait.delay(0.4).get() == os.getpid()
    assert waits == [0.4]


def test_add_up_names_its_process() -> None:
    assert shapes.add_up.delay(1000).get() == os.getpid()


def test_keep_keeps_its_megabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[bytes] = []
    monkeypatch.setattr(shapes, 'kept', kept)
    for megabytes in (1, 2):
        assert shapes.keep.delay(megabytes).get() == os.getpid()
    assert [len(block) for block in kept] == [1024 * 1024, 2 * 1024 * 1024]


def test_measure_runs_a_task_so_many_times(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr('shapes.time.sleep', waits.append)
    seconds, processes = shapes.measure('prefork', shapes.wait.s(0.1), 8)
    assert waits == [0.1] * 8
    assert processes == 1
    assert seconds > 0


def test_settings_are_those_of_the_notes(compose: ComposeFile) -> None:
    settings = {name: value for name, value in vars(shapes.Config).items() if name[0] != '_'}
    assert settings == {
        'broker_url': compose.broker_url,
        'result_backend': compose.result_backend,
        'task_default_queue': 'shapes',
    }


def test_tasks_are_named_after_their_module() -> None:
    assert shapes.app.main == 'shapes'
    tasks = {name: task.name for name, task in vars(shapes).items() if isinstance(task, Task)}
    assert tasks == {name: f'shapes.{name}' for name in ('add_up', 'keep', 'wait')}
