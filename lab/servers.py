"""The private servers of a run, what can be done to them, and what they hold."""

import functools
import itertools
import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import amqp
import redis
from celery import Celery

from lab import containers
from lab.containers import Container
from playground import compose_file
from playground.errors import PlaygroundError
from playground.services import key_value_server, login, native
from playground.session import Session

NUMBERS = itertools.count(1)

LOCAL = RABBITMQ, REDIS, REDIS_WITH_AOF = ('RabbitMQ', 'Redis', 'Redis with AOF')
CONTAINERS = {
    (RABBITMQ_IN_DOCKER := 'RabbitMQ in Docker'): containers.start_one,
    (THREE_NODES := 'three RabbitMQ nodes'): containers.start_three,
}

# All but this machine's RabbitMQ: two versions of it take twice the hours, and the newer one is
# in Docker.
NEWEST = tuple(broker for broker in (*LOCAL, *CONTAINERS) if broker != RABBITMQ)

KEEPS = {REDIS: key_value_server.SNAPSHOTS, REDIS_WITH_AOF: key_value_server.EACH_CHANGE}

# Redis keeps there what workers have taken and not acknowledged.
UNACKNOWLEDGED = 'unacked'

END_SECONDS = 60.0


class ServerProcess(Protocol):
    """A server that can be ended and started again on its data."""

    def kill(self) -> None:
        """Kill it, and return when it is gone."""

    def stop(self) -> None:
        """End it in good order."""

    def start(self) -> None:
        """Start it again, and return when it answers."""


class LocalProcess:
    """A server of this machine, which a session ends."""

    def __init__(self, run: Callable[[], subprocess.Popen[bytes]]) -> None:
        """Start it.

        Args:
            run: starts it, waits until it answers, and returns the leader of its process group.
        """
        self._run = run
        self._process = run()

    def kill(self) -> None:
        """Kill it, and return when it is gone."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(END_SECONDS)

    def stop(self) -> None:
        """End it in good order.

        Raises:
            PlaygroundError: it does not end in time.
        """
        self._process.terminate()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            raise PlaygroundError(f'a server did not end within {END_SECONDS:.0f} s') from None

    def start(self) -> None:
        """Start it again, and return when it answers.

        Raises:
            PlaygroundError: it does not start.
        """
        self._process = self._run()


@dataclass(frozen=True)
class Server:
    """A broker with a result backend.

    Attributes:
        broker: one of ``LOCAL`` or ``CONTAINERS``.
        version: of the broker.
        broker_url: for ``CELERY_BROKER_URL``.
        result_backend: for ``CELERY_RESULT_BACKEND``.
        port: where the broker, or its first node, listens.
        process: the broker's, or that of its first node.
        results_process: the result backend's.
        rabbitmqctl: the command that controls the broker, if that is a RabbitMQ.
        nodes: those of a cluster.
    """

    broker: str
    version: str
    broker_url: str
    result_backend: str
    port: int
    process: ServerProcess
    results_process: ServerProcess
    rabbitmqctl: tuple[str, ...] = ()
    nodes: tuple[Container, ...] = ()

    def new_queue(self) -> str:
        """Name a queue that was never there, and forget what Redis held for others."""
        if self.is_redis:
            with self.client() as client:
                client.flushall()
                # Else what an earlier trial has left is back after the next kill.
                client.save()
        return f'lab-{next(NUMBERS)}'

    def ready(self, app: Celery, queue: str) -> int:
        """Count the messages that wait for a worker.

        Args:
            app: a caller on this server.
            queue: its name.
        """
        if self.is_redis:
            with self.client() as client:
                return int(client.llen(queue))
        with app.connection_for_read() as connection:
            try:
                found = connection.default_channel.queue_declare(queue, passive=True)
            except amqp.NotFound:
                return 0
            return int(found.message_count)

    def held(self) -> int:
        """Count the messages that Redis keeps for workers; RabbitMQ keeps none for a dead one."""
        if not self.is_redis:
            return 0
        with self.client() as client:
            return int(client.hlen(UNACKNOWLEDGED))

    @property
    def is_redis(self) -> bool:
        """Whether the broker is a Redis, with AOF or without."""
        return self.broker in KEEPS

    def client(self) -> redis.Redis:
        """A client of the broker, where that is a Redis; use it with ``with``."""
        return redis.Redis.from_url(f'redis://127.0.0.1:{self.port}/0')

    def control(self, *arguments: str) -> None:
        """Call ``rabbitmqctl``.

        Args:
            arguments: its command and what belongs to it.

        Raises:
            PlaygroundError: it fails.
        """
        called = subprocess.run(
            [*self.rabbitmqctl, *arguments],
            capture_output=True,
            text=True,
            timeout=END_SECONDS,
        )
        if called.returncode:
            raise PlaygroundError(f'rabbitmqctl {" ".join(arguments)}: {called.stderr.strip()}')


def start(session: Session, broker: str) -> Server:
    """Start a RabbitMQ or a Redis on free ports of 127.0.0.1.

    Args:
        session: owns it.
        broker: one of ``LOCAL``, which are this machine's, or one of ``CONTAINERS``.

    Returns:
        It, and a Redis of this machine for the results.

    Raises:
        PlaygroundError: they are not installed, or do not start.
    """
    settings = compose_file.read()
    programs, redis_server = native.programs(session)
    results = key_value_server.prepare(redis_server, session)
    results_process = LocalProcess(functools.partial(key_value_server.run, session, results))
    if broker in CONTAINERS:
        nodes = CONTAINERS[broker](session)
        url = ';'.join(settings.broker_url_at(node.port) for node in nodes)
        first = nodes[0]
        version = login.version(settings, first.port)
        return Server(
            *(broker, version, url, results.url, first.port, first, results_process),
            rabbitmqctl=first.rabbitmqctl,
            nodes=nodes,
        )
    if broker == RABBITMQ:
        node = native.prepare_node(session, programs, f'rabbitmq-{next(NUMBERS)}')
        process = LocalProcess(functools.partial(native.run_node, session, node))
        version, url = login.version(settings, node.port), settings.broker_url_at(node.port)
        return Server(
            *(broker, version, url, results.url, node.port, process, results_process),
            rabbitmqctl=(str(node.tools / 'rabbitmqctl'),),
        )
    prepared = key_value_server.prepare(redis_server, session, keeps=KEEPS[broker])
    process = LocalProcess(functools.partial(key_value_server.run, session, prepared))
    version = key_value_server.version(prepared.url).removeprefix('Redis ')
    return Server(
        broker, version, prepared.url, results.url, prepared.port, process, results_process
    )
