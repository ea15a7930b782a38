"""retries.py without a broker."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from celery import Celery
from celery.exceptions import MaxRetriesExceededError, Retry, SoftTimeLimitExceeded

from examples import retries


@pytest.fixture(autouse=True)
def _eager(run_eagerly: Callable[[Celery], None]) -> None:
    run_eagerly(retries.app)
    # Otherwise the caller gets the exception that asks for a retry, and there is none.
    retries.app.conf.task_eager_propagates = False


@pytest.fixture
def payments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """List who has paid, once for each payment."""
    monkeypatch.chdir(tmp_path)

    def customers() -> list[str]:
        book = sqlite3.connect('payments.db')
        try:
            found = book.execute('SELECT customer FROM payments ORDER BY customer').fetchall()
        finally:
            book.close()
        return [customer for (customer,) in found]

    return customers


@pytest.mark.parametrize('failures', [0, 1, 2])
def test_ask_gets_an_answer_within_two_retries(failures: int) -> None:
    assert retries.ask.delay(failures).get() == f'answer to attempt {failures + 1}'


def test_ask_gives_up_after_two_retries() -> None:
    with pytest.raises(MaxRetriesExceededError, match=r"Can't retry examples\.retries\.ask"):
        retries.ask.delay(3).get()


def test_ask_waits_twice_as_long_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    delays = []

    def retry(countdown: float) -> Retry:
        delays.append(countdown)
        return Retry()

    monkeypatch.setattr(retries.ask, 'retry', retry)
    for attempt in range(3):
        retries.ask.push_request(retries=attempt)
        try:
            with pytest.raises(Retry):
                retries.ask.run(9)
        finally:
            retries.ask.pop_request()
    assert delays == [0.2, 0.4, 0.8]


@pytest.mark.parametrize('failures', [0, 3])
def test_ask_again_gets_an_answer_within_three_retries(failures: int) -> None:
    assert retries.ask_again.delay(failures).get() == f'answer to attempt {failures + 1}'


def test_ask_again_gives_up_with_the_last_error() -> None:
    with pytest.raises(ConnectionError, match='no answer to attempt 4'):
        retries.ask_again.delay(4).get()


def test_ask_again_does_not_retry_a_bug() -> None:
    with pytest.raises(TypeError, match="'<=' not supported"):
        retries.ask_again.delay('two').get()


def raise_soft_limit(seconds: float) -> None:
    if seconds:
        raise SoftTimeLimitExceeded


def test_work_stops_in_good_order(monkeypatch: pytest.MonkeyPatch) -> None:
    assert retries.work.delay(0).get() == 'done'
    monkeypatch.setattr('examples.retries.time.sleep', raise_soft_limit)
    assert retries.work.delay(60).get() == 'stopped in good order'


def test_read_rows_swallows_the_soft_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('examples.retries.time.sleep', raise_soft_limit)
    assert retries.read_rows.delay([60, 0]).get() == 'all rows read'


def test_limits_are_those_of_the_notes() -> None:
    for task in (retries.work, retries.read_rows):
        assert (task.soft_time_limit, task.time_limit) == (0.5, 3)
    assert retries.send_mail.rate_limit == '60/m'
    assert retries.send_mail.delay(7).get() == 'mail 7 sent'


def test_a_retry_without_a_key_pays_twice(payments: Callable[[], list[str]]) -> None:
    assert retries.charge.delay('Chris').get() == 'paid'
    assert payments() == ['Chris', 'Chris']


def test_a_key_pays_once(payments: Callable[[], list[str]]) -> None:
    for _ in range(2):
        assert retries.charge.delay('Mark', key='order 7').get() == 'paid'
    retries.charge.delay('Mark', key='order 8').get()
    assert payments() == ['Mark', 'Mark']
