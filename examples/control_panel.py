"""An inspect command of our own, and tasks to look at. advance.md, chapter 5.

celery -A examples.control_panel worker -l info -n w1@localhost -c 2 -E
celery -A examples.control_panel inspect -d w1@localhost --json processes
"""

import time
from typing import Any

from celery import Celery
from celery.worker import state as worker_state
from celery.worker.control import inspect_command


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'control_panel'


app = Celery('examples.control_panel')
app.config_from_object(Config)


@inspect_command(args=[('task_name', str)], signature='[task_name]')
def processes(state: Any, task_name: str | None = None) -> dict[str, int]:
    """Count the processes of the pool, and those that run a task."""
    active = [
        request for request in worker_state.active_requests if task_name in (None, request.name)
    ]
    return {'all': state.consumer.pool.num_processes, 'busy': len(active)}


@app.task
def sleep(seconds: float) -> str:
    print(f'sleeping {seconds} s')
    time.sleep(seconds)
    return f'slept {seconds} s'


@app.task
def divide(dividend: float, divisor: float) -> float:
    return dividend / divisor
