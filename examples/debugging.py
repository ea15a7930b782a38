"""A break point that waits for a client, and a log that names the task. advance.md, chapter 6.

CELERY_RDB_PORT=6950 celery -A examples.debugging worker -l info -n w1@localhost -c 1
telnet 127.0.0.1 6951
"""

import os

from celery import Celery
from celery.contrib import rdb
from celery.utils.log import get_task_logger


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'debugging'


app = Celery('examples.debugging')
app.config_from_object(Config)
logger = get_task_logger(__name__)


@app.task
def mean(numbers: list[float]) -> float:
    logger.info('%s numbers', len(numbers))
    return sum(numbers) / len(numbers)


@app.task
def mean_with_break_point(numbers: list[float]) -> float:
    total = sum(numbers)
    rdb.set_trace()
    return total / len(numbers)


@app.task
def process_id() -> int:
    return os.getpid()


@app.task
def unique(numbers: list[int]) -> set[int]:
    return set(numbers)
