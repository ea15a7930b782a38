"""The states of a task, and one of our own: PROGRESS. README.md, chapter 7.

celery -A examples.states worker -l info
celery -A examples.states shell
python -m examples.states
"""

import time
from typing import Any

from celery import Celery, Task
from rich.progress import Progress


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'states'
    task_track_started = True


app = Celery('examples.states')
app.config_from_object(Config)


@app.task
def sleep(seconds: float) -> str:
    time.sleep(seconds)
    return f'slept {seconds} s'


@app.task
def divide(dividend: float, divisor: float) -> float:
    return dividend / divisor


@app.task(bind=True, max_retries=3)
def fail_first(self: Task, times: int) -> str:
    attempt = self.request.retries + 1
    if attempt > times:
        return f'attempt {attempt} succeeded'
    raise self.retry(exc=ConnectionError(f'attempt {attempt} failed'), countdown=0.2)


@app.task(bind=True)
def count(self: Task, total: int) -> str:
    for done in range(1, total + 1):
        time.sleep(0.1)
        self.update_state(state='PROGRESS', meta={'done': done, 'total': total})
    return f'counted to {total}'


if __name__ == '__main__':
    with Progress() as progress:
        bar = progress.add_task('count', total=15)

        def move(message: dict[str, Any]) -> None:
            if message['status'] == 'PROGRESS':
                progress.update(bar, completed=message['result']['done'])

        count.delay(15).get(timeout=30, on_message=move)
