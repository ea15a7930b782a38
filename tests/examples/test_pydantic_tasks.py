"""pydantic_tasks.py without a broker."""

from collections.abc import Callable
from datetime import date

import pytest
from celery import Celery
from pydantic import ValidationError

from examples import pydantic_tasks

ORDER = {'item': 'tea', 'pieces': 3, 'due': '2026-05-01'}


@pytest.fixture(autouse=True)
def _eager(run_eagerly: Callable[[Celery], None]) -> None:
    run_eagerly(pydantic_tasks.app)


@pytest.mark.parametrize(
    'order', [ORDER, pydantic_tasks.Order(item='tea', pieces=3, due=date(2026, 5, 1))]
)
def test_a_dict_and_a_model_are_the_same(order: object) -> None:
    bill = pydantic_tasks.bill.delay(order, 250).get()
    assert bill == {'text': '3 tea, 01 May', 'cents': 750}


def test_a_model_is_checked() -> None:
    with pytest.raises(ValidationError, match='greater than 0'):
        pydantic_tasks.bill.delay({**ORDER, 'pieces': -3}, 250)


def test_a_plain_argument_is_not_checked() -> None:
    assert pydantic_tasks.bill.delay(ORDER, '250').get()['cents'] == 250250250
