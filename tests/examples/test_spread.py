"""spread.py without beat."""

from examples import spread


def test_each_customer_keeps_a_minute_of_its_own() -> None:
    entries = spread.app.conf.beat_schedule
    assert set(entries) == set(spread.customers)
    for customer in spread.customers:
        assert entries[customer]['schedule'].minute == {spread.minute_of(customer)}


def test_no_minute_has_more_than_twice_its_share() -> None:
    minutes = [spread.minute_of(customer) for customer in spread.customers]
    assert set(minutes) == set(range(60))
    assert max(minutes.count(minute) for minute in range(60)) < 2 * len(minutes) / 60
