"""What a fault is, and what it can hit."""

import contextlib
import enum
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from celery import Celery

from lab.faults import sends
from lab.faults.beats import Beats
from lab.faults.clock import Clock
from lab.faults.link import Link
from lab.faults.worker import Worker
from lab.servers import RABBITMQ, RABBITMQ_IN_DOCKER, REDIS, Server

# A quorum queue of RabbitMQ 3.10 that is younger than a second does not survive the kill of its
# node, and loses messages that were confirmed: tests/lab/test_settled_queue.py.
SETTLED_SECONDS = 2.0


class Moment(enum.Enum):
    """When a fault strikes."""

    AT_WORK = 'while a task is at work'
    AFTER_SENDING = 'when the calls have returned, and no worker runs'
    WHILE_SENDING = 'while tasks are sent'
    ALWAYS = 'the tasks have it in them'


@dataclass(frozen=True)
class Scene:
    """What a fault can hit.

    Attributes:
        worker: the worker.
        server: the broker and the result backend.
        link: between the broker and its clients, if the fault asked for one.
        beats: what sends the tasks, if the fault asked for that.
        clock: of the beats, or of the worker, if the fault asked for one.
        chance: chooses where there is a choice.
        away_seconds: how long a node is to be away.
    """

    worker: Worker
    server: Server
    link: Link | None
    beats: Beats | None
    clock: Clock | None
    chance: random.Random
    away_seconds: float


Strike = Callable[[Scene], None]


@contextlib.contextmanager
def as_it_is(server: Server) -> Iterator[None]:
    """Leave the broker as it is."""
    yield


@dataclass(frozen=True)
class Fault:
    """One row of the table for each profile and broker.

    Attributes:
        name: for ``FAULT=``.
        description: for the table.
        strike: does it.
        before: how long a task works before its effect, in seconds.
        after: and after it.
        tasks: how many are sent before each strike in the quick mode.
        strikes: how often it is done in the quick mode.
        moment: when it is done.
        queue_age: how old the queue is at least, in seconds; see ``SETTLED_SECONDS``.
        brokers: those that are compared.
        full_strikes: how often it is done in the full mode.
        away: how long a node is away, in the quick mode and in the full one, in seconds.
        linked: whether the broker and its clients have a link between them.
        looks_at_results: whether the states of the tasks are counted, too.
        send: sends the task of a number, and returns its id.
        countdown: of the tasks that have one, in seconds.
        settings: what is set beside the profiles, by their names.
        arrange: how the broker is while the fault is tried.
        notices: patterns of what a worker prints that is worth counting, and what they mean.
        beats: how many beats send the tasks; each tick is one.
        with_clock: whether the beats, or else the worker, have a clock that can be set.
    """

    name: str
    description: str
    strike: Strike
    before: float = 0.1
    after: float = 0.1
    tasks: int = 20
    strikes: int = 1
    moment: Moment = Moment.AT_WORK
    queue_age: float = 0.0
    brokers: tuple[str, ...] = (RABBITMQ, REDIS)
    full_strikes: int = 100
    away: tuple[float, float] = (0.0, 0.0)
    linked: bool = False
    looks_at_results: bool = False
    send: Callable[[Celery, 'Fault', int], str] = sends.work
    countdown: float = 0.0
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    arrange: Callable[[Server], contextlib.AbstractContextManager[None]] = as_it_is
    notices: Mapping[str, str] = field(default_factory=dict)
    beats: int = 0
    with_clock: bool = False

    def runs_on(self, broker: str) -> bool:
        """Tell whether a broker has a row of this fault.

        Args:
            broker: its name.
        """
        return (RABBITMQ if broker == RABBITMQ_IN_DOCKER else broker) in self.brokers
