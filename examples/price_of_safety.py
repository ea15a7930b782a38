"""The price of safety: calls and tasks a second, with some settings. production.md, chapter 12.

python -m examples.price_of_safety 1 300
"""

import argparse
import os
import statistics
import subprocess
import time
from typing import Any

from celery import Celery

QUORUM = {'task_default_queue_type': 'quorum', 'task_default_exchange_type': 'topic'}
CONFIRMS = {'broker_transport_options': {'confirm_publish': True}}
LATE = {'task_acks_late': True, 'worker_prefetch_multiplier': 1}
ALL = QUORUM | CONFIRMS | LATE | {'task_soft_time_limit': 270, 'task_time_limit': 300}
WAYS: dict[str, dict[str, Any]]
WAYS = {'default': {}, 'quorum': QUORUM, 'confirms': CONFIRMS, 'late': LATE, 'all': ALL}
WORKER = 'celery -A examples.price_of_safety worker --without-gossip --without-mingle -c 2 -l error'


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'price_of_safety'


def app_with(way: str) -> Celery:
    app = Celery('examples.price_of_safety')
    app.config_from_object(Config)
    app.conf.update(WAYS[way], task_default_queue=f'price_of_safety.{way}')
    return app


app = app_with(os.environ.get('WAY', 'default'))  # the worker's; measure() says which way


@app.task
def nothing() -> None:
    pass


def measure(way: str, tasks: int) -> tuple[float, float]:
    """The calls a second without a worker, then the tasks a second without a caller."""
    caller, moments = app_with(way), [time.monotonic()]
    for _ in range(tasks):
        caller.send_task(nothing.name, ignore_result=True)
    moments.append(time.monotonic())
    silent = subprocess.DEVNULL
    environment = os.environ | {'WAY': way}
    worker = subprocess.Popen(WORKER.split(), env=environment, stdout=silent, stderr=silent)
    try:
        with caller.connection_for_read() as connection:
            queue = caller.amqp.queues[f'price_of_safety.{way}'](connection.default_channel)
            for left in 0.9, 0.1:
                while queue.queue_declare(passive=True).message_count > left * tasks:
                    assert worker.poll() is None, 'the worker has ended'
                    time.sleep(0.01)
                moments.append(time.monotonic())
            caller.send_task(nothing.name).get(timeout=60)  # the last one
            caller.control.shutdown()
            worker.wait(60)
            queue.purge()  # a worker that ends may give a message back
    finally:
        worker.terminate()  # one that has ended already is left alone
    return tasks / (moments[1] - moments[0]), 0.8 * tasks / (moments[3] - moments[2])


if __name__ == '__main__':
    parser = argparse.ArgumentParser(prog='python -m examples.price_of_safety')
    parser.add_argument('rounds', type=int)
    parser.add_argument('tasks', type=int)
    given = parser.parse_args()
    if min(given.rounds, given.tasks) < 1:
        parser.error('give at least one round and one task')
    rates = [(way, measure(way, given.tasks)) for way in list(WAYS) * given.rounds]
    for way in WAYS:
        calls, tasks = ([both[column] for of, both in rates if of == way] for column in (0, 1))
        for what, each in (('calls', calls), ('tasks', tasks)):
            spread = f'{min(each):.0f} to {max(each):.0f}'
            print(f'{way:8} {statistics.median(each):5.0f} {what} a second ({spread})')
