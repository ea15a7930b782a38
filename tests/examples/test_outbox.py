"""outbox.py without a broker."""

from collections.abc import Callable
from pathlib import Path

import pytest
from celery import Celery

from examples import outbox


@pytest.fixture(autouse=True)
def _eager(
    run_eagerly: Callable[[Celery], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run_eagerly(outbox.app)


def count(table: str) -> int:
    return int(outbox.connect().execute(f'SELECT count(*) FROM {table}').fetchone()[0])


@pytest.mark.parametrize(('in_one_transaction', 'left'), [(False, 2), (True, 0)])
def test_a_transaction_leaves_nothing_half_done(in_one_transaction: bool, left: int) -> None:
    with pytest.raises(ValueError, match='nonsense'):
        outbox.import_order.delay(['tea', 'milk', 'nonsense'], in_one_transaction)
    assert count('orders') == left


def test_a_task_sent_before_the_commit_does_not_see_the_order() -> None:
    assert outbox.send_too_early('tea') == 'there is no order 1'
    assert outbox.send_after_commit('milk') == 'milk is on its way'


def test_the_relay_sends_each_message_once_and_then_none() -> None:
    outbox.place('tea')
    outbox.place('milk')
    assert count('outbox') == 2
    assert outbox.relay() == ['tea is on its way', 'milk is on its way']
    assert count('outbox') == 0
    assert outbox.relay() == []


def test_a_relay_that_dies_before_it_deletes_sends_again(monkeypatch: pytest.MonkeyPatch) -> None:
    outbox.place('tea')

    def die(order: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(outbox.confirm, 'delay', die)
        with pytest.raises(KeyboardInterrupt):
            outbox.relay()
    assert outbox.relay() == ['tea is on its way']
