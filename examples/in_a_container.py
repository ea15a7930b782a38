"""What the limits of a container do to a task. production.md, chapter 7.

NOTES_APP=examples.in_a_container docker compose up --build worker
"""

import time

from celery import Celery


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    # A queue of its own: vege's workers do not know these tasks.
    task_default_queue = 'in_a_container'


app = Celery('examples.in_a_container')
app.config_from_object(Config)

kept: list[bytes] = []


@app.task
def wrap(seconds: float) -> str:
    print(f'wrapping for {seconds} s')
    time.sleep(seconds)
    return 'wrapped'


wrap_late = app.task(wrap.run, name='examples.in_a_container.wrap_late', acks_late=True)


@app.task
def keep(megabytes: int) -> int:
    kept.append(b'x' * megabytes * 2**20)
    return len(kept)
