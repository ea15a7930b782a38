"""What a result, an event and a rate limit cost a worker, side by side. advance.md, chapter 9.

celery -A examples.costs worker -P threads -c 1 -n costs@localhost
python -m examples.costs
"""

import statistics
from typing import Any

from celery import Celery


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'costs'


app = Celery('examples.costs')
app.config_from_object(Config)


@app.task
def mail() -> None:
    pass


def ask_worker(command: str, **arguments: str) -> dict[str, Any]:
    node = 'costs@localhost'
    replies = app.control.broadcast(command, arguments, [node], reply=True, limit=1, timeout=10)
    return dict(replies[0][node])


def processor_seconds() -> float:
    used = ask_worker('stats')['rusage']
    return float(used['utime'] + used['stime'])


def measure(way: str) -> float:
    """CPU milliseconds that the worker needs for a task."""
    ask_worker('enable_events' if way == 'events on' else 'disable_events')
    limit = '100000/s' if way == 'rate limit' else '0'
    ask_worker('rate_limit', task_name='examples.costs.mail', rate_limit=limit)
    begin = processor_seconds()
    for _ in range(25):
        mail.apply_async(ignore_result=way == 'no result')
    mail.delay().get(timeout=30)
    return (processor_seconds() - begin) * 1000 / 26


if __name__ == '__main__':
    ways = 'no result', 'as it comes', 'rate limit', 'events on'
    rounds = [{way: measure(way) for way in ways} for _ in range(5)]
    for way in ways:
        times = sorted(each[way] for each in rounds)
        print(f'{way:12} {statistics.median(times):.2f} ms ({times[0]:.2f} to {times[-1]:.2f})')
