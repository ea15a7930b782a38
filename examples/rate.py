"""How many tasks that do nothing one worker does in a second. production.md, chapters 10 and 13.

celery -A examples.rate worker -c 2 -n rate@localhost
python -m examples.rate 2000
"""

import argparse
import time

from celery import Celery
from kombu import Queue


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'rate'
    task_ignore_result = True


app = Celery('examples.rate')
app.config_from_object(Config)
NODE = 'rate@localhost'


@app.task
def nothing() -> None:
    pass


def measure(tasks: int) -> float:
    """Fill the queue while the worker does not read it, then see how it empties."""
    app.control.cancel_consumer('rate', destination=[NODE], reply=True, timeout=10, limit=1)
    for _ in range(tasks):
        nothing.delay()
    app.control.add_consumer('rate', destination=[NODE], reply=True, timeout=10, limit=1)
    with app.connection_for_read() as connection:
        queue = app.amqp.queues['rate'](connection.default_channel)
        begin, first = time.monotonic(), waiting(queue)
        while waiting(queue) > tasks // 20:
            time.sleep(0.05)
        rate = (first - waiting(queue)) / (time.monotonic() - begin)
    nothing.apply_async(ignore_result=False).get(timeout=60)  # the rest is done, too
    return rate


def waiting(queue: Queue) -> int:
    return int(queue.queue_declare(passive=True).message_count)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(prog='python -m examples.rate')
    parser.add_argument('tasks', type=int)
    given = parser.parse_args()
    if not any(app.control.ping([NODE], timeout=1) for _ in range(30)):
        parser.error(f'no worker {NODE} answers: start it first')
    print(f'{measure(given.tasks):.0f} tasks a second')
