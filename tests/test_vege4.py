"""vege4.py without a broker."""

from collections.abc import Callable
from typing import Any

import pytest
from celery import Celery, chain, chord, group, signature

import vege4
from vege4 import add, mul, total


@pytest.fixture(autouse=True)
def _eager(run_eagerly: Callable[[Celery], None], monkeypatch: pytest.MonkeyPatch) -> None:
    run_eagerly(vege4.app)
    monkeypatch.setattr('vege4.time.sleep', lambda seconds: None)


def test_tasks_run() -> None:
    assert add.delay(2, 3).get() == 5
    assert mul.delay(5, 4).get() == 20
    assert total.delay([1, 2, 3]).get() == 6


def test_arguments_of_a_partial_come_in_front() -> None:
    assert add.s(10).clone((5,)).args == (5, 10)
    assert add.s(10).delay(5).get() == 15


def test_an_immutable_signature_ignores_arguments() -> None:
    assert add.si(2, 3).delay(4).get() == 5


def test_a_signature_is_a_dictionary() -> None:
    assert signature(dict(add.s(2, 3)), app=vege4.app).delay().get() == 5


@pytest.mark.parametrize(
    ('name', 'expected'),
    [
        ('chain', (2 + 3) * 4 + 1),
        ('group', [0, 2, 4, 6, 8, 10]),
        ('chord', 2 + 4 + 6 + 16 + 10),
        ('starmap', [2, 4, 6]),
        ('chunks', [[0, 2], [4, 6], [8, 10]]),
        ('nested', 2 * (0 + 1 + 2 + 3) + 10),
    ],
)
def test_canvases(name: str, expected: Any) -> None:
    assert vege4.canvases[name].apply_async().get() == expected


def test_every_canvas_is_tested() -> None:
    assert set(vege4.canvases) == {'chain', 'group', 'chord', 'starmap', 'chunks', 'nested'}


def test_a_group_with_a_task_after_it_is_a_chord() -> None:
    assert isinstance(group(add.s(1, 1), add.s(2, 2)) | total.s(), chord)


def test_a_group_of_one_inside_a_chain_is_no_group() -> None:
    with pytest.raises(TypeError, match='not iterable'):
        chain(add.s(1, 1), group([add.s(1)]), total.s()).delay().get()
