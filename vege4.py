"""Work-flows: chain, group, chord, map, chunks. advance.md, chapters 1 and 3.

celery -A vege4 worker -l info -c 4
celery -A vege4 shell
"""

import time

from celery import Celery, chain, chord, group
from celery.app.task import Context
from celery.utils.log import get_task_logger


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'vege4'


app = Celery('vege4')
app.config_from_object(Config)

logger = get_task_logger(__name__)


# Each task takes a moment, so that the pictures of make timeline have something to show.
@app.task
def add(x: int, y: int) -> int:
    time.sleep(0.2)
    return x + y


@app.task
def mul(x: int, y: int) -> int:
    time.sleep(0.3)
    return x * y


@app.task
def total(numbers: list[int]) -> int:
    time.sleep(0.2)
    return sum(numbers)


@app.task
def log_failure(request: Context, error: Exception, traceback: str) -> None:
    logger.warning('%s[%s] failed: %r', request.task, request.id, error)


canvases = {
    'chain': chain(add.s(2, 3), mul.s(4), add.s(1)),
    'group': group(add.s(n, n) for n in range(6)),
    'chord': chord([add.s(1, 1), mul.s(2, 2), add.s(3, 3), mul.s(4, 4), add.s(5, 5)], total.s()),
    'starmap': add.starmap([(1, 1), (2, 2), (3, 3)]),
    'chunks': add.chunks([(n, n) for n in range(6)], 2),
    'nested': chain(add.s(1, 1), group(mul.s(n) for n in range(4)), total.s(), add.s(10)),
}
