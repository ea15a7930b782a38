"""Tasks on a cluster of three RabbitMQ nodes, sent, done and counted. production.md, chapter 11.

docker compose -f docker-compose.cluster.yml up -d --wait
python -m examples.cluster 1000
"""

import argparse
import time
import uuid

from celery import Celery
from kombu.exceptions import OperationalError

LOGIN, VHOST = 'celeryman:pass1234', 'celery_vhost'


class Config:
    broker_url = [f'amqp://{LOGIN}@localhost:{port}/{VHOST}' for port in (5681, 5682, 5683)]
    result_backend = 'redis://localhost:6381/'
    broker_transport_options = {'confirm_publish': True, 'read_timeout': 10}
    broker_heartbeat = 10
    task_default_queue = 'cluster'
    task_default_queue_type = 'quorum'
    task_default_exchange_type = 'topic'
    task_acks_late = True
    task_ignore_result = True
    control_queue_exclusive = event_queue_exclusive = False
    control_queue_durable = event_queue_durable = True


app = Celery('examples.cluster')
app.config_from_object(Config)


@app.task
def record(run: str, number: int) -> None:
    time.sleep(0.02)
    app.backend.client.hincrby(run, number, 1)


def send(run: str, tasks: int) -> tuple[set[int], float]:
    """Tell which tasks were accepted, and how long the slowest call took."""
    accepted, slowest = set(), 0.0
    for number in range(tasks):
        begin = time.monotonic()
        try:
            record.delay(run, number)
            accepted.add(number)
        except OperationalError as error:
            print(f'task {number}: {error}')
        slowest = max(slowest, time.monotonic() - begin)
        time.sleep(0.005)
    return accepted, slowest


def wait_for(run: str, accepted: set[int]) -> dict[int, int]:
    """Tell how often each task ran, once all have run, or none has for five minutes."""
    done: dict[int, int] = {}
    last = time.monotonic()
    while accepted - done.keys() and time.monotonic() - last < 300:
        before, done = done, {int(k): int(v) for k, v in app.backend.client.hgetall(run).items()}
        last = time.monotonic() if done != before else last
        time.sleep(0.2)
    return done


if __name__ == '__main__':
    parser = argparse.ArgumentParser(prog='python -m examples.cluster')
    parser.add_argument('tasks', type=int)
    run, tasks = str(uuid.uuid4()), parser.parse_args().tasks
    accepted, slowest = send(run, tasks)
    print(f'accepted {len(accepted)}, the slowest call took {slowest:.1f} s', flush=True)
    done = wait_for(run, accepted)
    app.backend.client.delete(run)
    again = sum(times > 1 for times in done.values())
    print(f'lost {len(accepted - done.keys())}, done more than once {again}')
