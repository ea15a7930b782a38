"""Tasks to watch: a heartbeat, and messages that say when they were sent. production.md, chapter 8.

celery -A examples.watched worker -l info -c 2 -n watched@localhost
celery -A examples.watched beat -l info -s beat-watched
"""

import time
from typing import Any

from celery import Celery
from celery.signals import before_task_publish


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'watched'
    worker_send_task_events = True
    beat_schedule = {
        'heartbeat': {
            'task': 'examples.watched.heartbeat',
            'schedule': 1.0,
            'options': {'expires': 1.0},
        },
    }


app = Celery('examples.watched')
app.config_from_object(Config)


@before_task_publish.connect
def stamp(properties: dict[str, Any], **_: object) -> None:
    properties['timestamp'] = int(time.time())


@app.task
def pack_order(order: int) -> str:
    if order < 0:
        raise ValueError(f'there is no order {order}')
    return f'order {order} packed'


@app.task(ignore_result=True)
def heartbeat() -> None:
    pass
