"""outbox.py without a broker."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from celery import Celery
from kombu.exceptions import OperationalError

from examples import outbox

SECONDS = 60.0
STILL_SECONDS = 1.0
ORDERS = 10


@pytest.fixture(autouse=True)
def _eager(
    run_eagerly: Callable[[Celery], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run_eagerly(outbox.app)
    outbox.create_tables()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The orders whose confirmation was sent; nobody runs it."""
    orders: list[int] = []
    monkeypatch.setattr(outbox.confirm, 'delay', orders.append)
    return orders


def count(table: str) -> int:
    with closing(outbox.connect()) as database:
        return int(database.execute(f'SELECT count(*) FROM {table}').fetchone()[0])


@pytest.mark.parametrize(('in_one_transaction', 'left'), [(False, 2), (True, 0)])
def test_a_transaction_leaves_nothing_half_done(in_one_transaction: bool, left: int) -> None:
    with pytest.raises(ValueError, match='nonsense'):
        outbox.import_order.delay(['tea', 'milk', 'nonsense'], in_one_transaction)
    assert count('orders') == left


def test_a_task_sent_before_the_commit_does_not_see_the_order() -> None:
    with closing(outbox.connect()) as database:
        order = outbox.insert(database, 'tea')
        assert outbox.confirm.delay(order).get() == 'there is no order 1'
        database.commit()
        assert outbox.confirm.delay(order).get() == 'tea is on its way'


def test_the_relay_sends_each_message_once_and_then_none(sent: list[int]) -> None:
    outbox.place('tea')
    outbox.place('milk')
    assert count('outbox') == 2
    assert outbox.relay() == 2
    assert sent == [1, 2]
    assert count('outbox') == 0
    assert outbox.relay() == 0


def test_a_relay_that_cannot_send_keeps_the_row(
    sent: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox.place('tea')

    def fail(order: int) -> None:
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(outbox.confirm, 'delay', fail)
        with pytest.raises(OperationalError):
            outbox.relay()
    assert outbox.relay() == 1
    assert sent == [1]


def test_two_relays_at_once_send_each_message_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(ORDERS):
        outbox.place(f'item {number}')
    sent: list[int] = []
    both_send = threading.Event()

    def send(order: int) -> None:
        """Give the other relay the time to send the same message, if it can."""
        sent.append(order)
        if len(sent) > 1:
            both_send.set()
        both_send.wait(STILL_SECONDS)

    monkeypatch.setattr(outbox.confirm, 'delay', send)
    with ThreadPoolExecutor() as relays:
        counts = [relays.submit(outbox.relay) for _ in range(2)]
        assert sum(each.result(SECONDS) for each in counts) == ORDERS
    assert sorted(sent) == list(range(1, ORDERS + 1))
    assert count('outbox') == 0
