"""What a result, a rate limit and an event cost a worker, side by side. advance.md, chapter 9.

celery -A examples.costs worker -c 1 -n costs@localhost
python -m examples.costs 5 400
"""

import argparse
import random
import statistics
from typing import Any

import psutil
from celery import Celery


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'costs'


app = Celery('examples.costs')
app.config_from_object(Config)
NODE = 'costs@localhost'
WAYS = 'no result', 'as it comes', 'rate limit', 'events on'


@app.task
def mail() -> None:
    pass


def ask_worker(command: str, **arguments: str) -> dict[str, Any]:
    replies = app.control.broadcast(command, arguments, [NODE], reply=True, limit=1, timeout=10)
    return dict(replies[0][NODE])


def processor_seconds() -> float:
    """What the worker's main process and its children have used."""
    worker = psutil.Process(ask_worker('stats')['pid'])
    used = [process.cpu_times() for process in (worker, *worker.children(recursive=True))]
    return sum(times.user + times.system for times in used)


def measure(way: str, tasks: int) -> float:
    ask_worker('enable_events' if way == 'events on' else 'disable_events')
    limit = '100000/s' if way == 'rate limit' else '0'
    ask_worker('rate_limit', task_name='examples.costs.mail', rate_limit=limit)
    begin = processor_seconds()
    for _ in range(tasks):
        mail.apply_async(ignore_result=way == 'no result')
    mail.delay().get(timeout=200)  # the worker has one process: it runs this one last
    return processor_seconds() - begin


if __name__ == '__main__':
    parser = argparse.ArgumentParser(prog='python -m examples.costs')
    parser.add_argument('rounds', type=int)
    parser.add_argument('tasks', type=int)
    given = parser.parse_args()
    if not any(app.control.ping([NODE], timeout=1) for _ in range(30)):
        parser.error(f'no worker {NODE} answers: start it first')
    costs: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(given.rounds):
        for way in random.sample(WAYS, len(WAYS)):
            used = measure(way, given.tasks) - measure(way, 0)
            costs[way].append(used * 1000 / given.tasks)
    least = statistics.median(costs['no result'])
    print(f'broker: {app.connection().transport.driver_type}')
    for way, each in costs.items():
        middle = statistics.median(each)
        print(
            f'{way:11} {middle / least:.2f}, {middle:.2f} ms ({min(each):.2f} to {max(each):.2f})'
        )
