"""The tasks. README.md, chapter 3.

celery -A basic_setup shell
"""

from collections.abc import Iterable

from celery.utils.log import get_task_logger

from basic_setup.celery import app

logger = get_task_logger(__name__)


@app.task
def add(x: int, y: int) -> int:
    logger.info('adding %s and %s', x, y)
    return x + y


@app.task
def mul(x: int, y: int) -> int:
    logger.info('multiplying %s by %s', x, y)
    return x * y


@app.task
def xsum(numbers: Iterable[int]) -> int:
    return sum(numbers)
