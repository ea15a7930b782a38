"""Dramatiq."""

import os

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.brokers.redis import RedisBroker

from lab.throughput import sending
from lab.throughput.marks import shared

URL, QUEUE, CONFIRMS = (os.environ[f'THROUGHPUT_{name}'] for name in ('URL', 'QUEUE', 'CONFIRMS'))

if URL.startswith('redis:'):
    dramatiq.set_broker(RedisBroker(url=URL))
else:
    dramatiq.set_broker(RabbitmqBroker(url=URL, confirm_delivery=bool(CONFIRMS)))


@dramatiq.actor(queue_name=QUEUE)
def mark(number: int) -> None:
    """Do nothing but say so."""
    shared().run(number)


if __name__ == '__main__':
    sending.main(mark.send)
