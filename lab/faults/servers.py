"""The private servers of a run, and what an experiment asks of them."""

import itertools
from dataclasses import dataclass

import amqp
import redis
from celery import Celery

from playground import services
from playground.services.running import Services
from playground.session import Session

NUMBERS = itertools.count(1)

# Redis keeps there what workers have taken and not acknowledged.
UNACKNOWLEDGED = 'unacked'

# The results are in another one.
BROKER_DATABASE = 15


@dataclass(frozen=True)
class Server:
    """A broker with a result backend.

    Attributes:
        broker: ``RabbitMQ`` or ``Redis``.
        version: of the broker.
        broker_url: for ``CELERY_BROKER_URL``.
        result_backend: for ``CELERY_RESULT_BACKEND``.
    """

    broker: str
    version: str
    broker_url: str
    result_backend: str

    def new_queue(self) -> str:
        """Name a queue that was never there, and forget what Redis held for others."""
        if self.broker == 'Redis':
            with redis.Redis.from_url(self.broker_url) as client:
                client.flushdb()
        return f'faults-{next(NUMBERS)}'

    def ready(self, app: Celery, queue: str) -> int:
        """Count the messages that wait for a worker.

        Args:
            app: a caller on this server.
            queue: its name.
        """
        if self.broker == 'Redis':
            with redis.Redis.from_url(self.broker_url) as client:
                return int(client.llen(queue))
        with app.connection_for_read() as connection:
            try:
                found = connection.default_channel.queue_declare(queue, passive=True)
            except amqp.NotFound:
                return 0
            return int(found.message_count)

    def held(self) -> int:
        """Count the messages that Redis keeps for workers; RabbitMQ keeps none for a dead one."""
        if self.broker != 'Redis':
            return 0
        with redis.Redis.from_url(self.broker_url) as client:
            return int(client.hlen(UNACKNOWLEDGED))


def start(session: Session) -> list[Server]:
    """Start this machine's RabbitMQ and Redis on free ports of 127.0.0.1.

    Args:
        session: owns them.

    Returns:
        The two as brokers; both have Redis as result backend.

    Raises:
        PlaygroundError: they are not installed, or do not start.
    """
    return brokers_of(services.start('native', session))


def brokers_of(running: Services) -> list[Server]:
    """Take a RabbitMQ and a Redis that run, each as a broker; both have Redis as result backend.

    Args:
        running: them.
    """
    versions = dict(part.split(' as ')[0].split(' ', 1) for part in running.description.split(', '))
    beside = running.result_backend.rsplit('/', 1)[0] + f'/{BROKER_DATABASE}'
    return [
        Server('RabbitMQ', versions['RabbitMQ'], running.broker_url, running.result_backend),
        Server('Redis', versions['Redis'], beside, running.result_backend),
    ]
