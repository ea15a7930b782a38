"""A task that takes its time, for watching. README.md, chapters 4 and 9.

celery -A examples.slow worker -l info
"""

import time

from celery import Celery
from celery.utils.log import get_task_logger

logger = get_task_logger(__name__)


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    # A queue of its own: vege's workers do not know this task.
    task_default_queue = 'slow'


app = Celery('examples.slow')
app.config_from_object(Config)


@app.task
def wait(seconds: float) -> str:
    logger.info('waits %s s', seconds)
    time.sleep(seconds)
    return f'waited {seconds} s'
