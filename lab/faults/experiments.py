"""The faults: what is done, to whom, and when."""

import contextlib
import dataclasses
import enum
import functools
import random
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from celery import Celery

from lab.faults import profiles, sends
from lab.faults.beats import Beats
from lab.faults.containers import Container
from lab.faults.link import Link
from lab.faults.servers import LOCAL, RABBITMQ, RABBITMQ_IN_DOCKER, REDIS, THREE_NODES, Server
from lab.faults.worker import Worker

# `docker stop` gives 10 seconds; tasks that take three times as long show the same sooner.
GRACE_SECONDS = 1.0

# How long a server is away, or a link is cut.
AWAY_SECONDS = 1.0
# Long enough for calls that get no answer.
SILENT_SECONDS = 3.0

# How long a node of a cluster is away, in the quick mode and in the full one. Heartbeats end the
# connections to a silent node after a minute or two, and then the others go on without it.
DEAD_SECONDS = 5.0, 5.0
STUCK_SECONDS = 15.0, 180.0

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
        chance: chooses where there is a choice.
        away_seconds: how long a node is to be away.
    """

    worker: Worker
    server: Server
    link: Link | None
    beats: Beats | None
    chance: random.Random
    away_seconds: float


Strike = Callable[[Scene], None]
Choose = Callable[[Scene], Container]


# Redis gives back what a worker holds after this time, and half of it is vege5.py's limit.
VISIBLE_SECONDS = 3.0
# A worker may hold a message for this time; by default RabbitMQ says 30 minutes, and looks once
# a minute.
PATIENT_SECONDS = 2.0
PATIENCE = (
    'application:set_env(rabbit, consumer_timeout, {}),'
    ' application:set_env(rabbit, channel_tick_interval, {}).'
)

# Of a process of the pool; two tasks of sends.leak bring it there.
MOST_KILOBYTES = 100_000


def nothing(scene: Scene) -> None:
    """Do nothing."""


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
        quick_in_docker: whether a newer RabbitMQ is hit, too, in the quick mode.
        send: sends the task of a number, and returns its id.
        countdown: of the tasks that have one, in seconds.
        settings: what is set beside the profiles, by their names.
        arrange: how the broker is while the fault is tried.
        notices: patterns of what a worker prints that is worth counting, and what they mean.
        beats: how many beats send the tasks; each tick is one.
    """

    name: str
    description: str
    strike: Strike
    before: float = 0.1
    after: float = 0.1
    tasks: int = 20
    strikes: int = 3
    moment: Moment = Moment.AT_WORK
    queue_age: float = 0.0
    brokers: tuple[str, ...] = (RABBITMQ, REDIS)
    full_strikes: int = 100
    away: tuple[float, float] = (0.0, 0.0)
    linked: bool = False
    looks_at_results: bool = False
    quick_in_docker: bool = False
    send: Callable[[Celery, 'Fault', int], str] = sends.work
    countdown: float = 0.0
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    arrange: Callable[[Server], contextlib.AbstractContextManager[None]] = as_it_is
    notices: Mapping[str, str] = field(default_factory=dict)
    beats: int = 0

    def runs_on(self, broker: str, quick: bool) -> bool:
        """Tell whether a broker has a row of this fault.

        Args:
            broker: its name.
            quick: in the quick mode.
        """
        if broker == RABBITMQ_IN_DOCKER:
            return RABBITMQ in self.brokers and (self.quick_in_docker or not quick)
        return broker in self.brokers


def stop_the_broker(scene: Scene) -> None:
    """End the broker in good order, and start it again."""
    scene.server.process.stop()
    scene.server.process.start()


def kill_the_broker(scene: Scene) -> None:
    """Kill the broker, and start it again on what it has on disk."""
    scene.server.process.kill()
    scene.server.process.start()


def kill_the_results(scene: Scene) -> None:
    """Kill the result backend, and start it again; it keeps nothing on disk."""
    scene.server.results_process.kill()
    time.sleep(AWAY_SECONDS)
    scene.server.results_process.start()


def fill_the_broker(scene: Scene) -> None:
    """Let the broker believe that it has no memory left, and then that it has."""
    server = scene.server
    if server.is_redis:
        with server.client() as client:
            client.config_set('maxmemory', '1mb')
            time.sleep(AWAY_SECONDS)
            client.config_set('maxmemory', '0')
        return
    server.control('set_vm_memory_high_watermark', 'absolute', '1MB')
    server.control('set_vm_memory_high_watermark', '0.4')


def first_node(scene: Scene) -> Container:
    """The node to which a program connects that begins."""
    return scene.server.nodes[0]


def node_of_the_worker(scene: Scene) -> Container:
    """The node to which the worker is connected."""
    ports = scene.worker.ports()
    return next((node for node in scene.server.nodes if node.port in ports), first_node(scene))


def kill_a_node(choose: Choose, scene: Scene) -> None:
    """Kill a node of a cluster, and start it again on its data."""
    node = choose(scene)
    node.kill()
    time.sleep(scene.away_seconds)
    node.start()


def pause_a_node(choose: Choose, scene: Scene) -> None:
    """Freeze a node of a cluster, and let it go on."""
    node = choose(scene)
    node.pause()
    time.sleep(scene.away_seconds)
    node.go_on()


def cut_off_a_node(choose: Choose, scene: Scene) -> None:
    """Take a node of a cluster off the network, and put it on again."""
    node = choose(scene)
    node.cut_off()
    time.sleep(scene.away_seconds)
    node.come_back()


def cut_the_link(scene: Scene) -> None:
    """End all connections to the broker, and refuse new ones for a while."""
    assert scene.link is not None
    scene.link.cut()
    time.sleep(AWAY_SECONDS)
    scene.link.mend()


def silence_the_link(scene: Scene) -> None:
    """Swallow all that goes between the broker and its clients, and end the connections later."""
    assert scene.link is not None
    scene.link.swallow()
    time.sleep(SILENT_SECONDS)
    scene.link.mend()


def of_a_node(
    name: str,
    suffers: str,
    strike: Callable[[Choose, Scene], None],
    away: tuple[float, float],
    full_strikes: int = 100,
) -> tuple[Fault, Fault]:
    """Hit a node of a cluster while tasks are sent to it, and while a worker takes them from it.

    Args:
        name: what the names of both faults begin with.
        suffers: for the table.
        strike: does it.
        away: how long the node is away, in the quick mode and in the full one, in seconds.
        full_strikes: how often it is done in the full mode.
    """
    while_sending = Fault(
        f'{name}-while-sending',
        f'the node of three to which tasks are sent {suffers}',
        functools.partial(strike, first_node),
        before=0.01,
        after=0,
        brokers=(THREE_NODES,),
        queue_age=SETTLED_SECONDS,
        away=away,
        moment=Moment.WHILE_SENDING,
        strikes=1,
        full_strikes=full_strikes,
    )
    at_work = dataclasses.replace(
        while_sending,
        name=f'{name}-at-work',
        description=f'the node of three to which the worker is connected {suffers}',
        strike=functools.partial(strike, node_of_the_worker),
        before=0.1,
        after=0.1,
        moment=Moment.AT_WORK,
    )
    return while_sending, at_work


def wait_for_the_countdown(scene: Scene) -> None:
    """Let the time of all tasks come."""
    time.sleep(2 * PATIENT_SECONDS)


@contextlib.contextmanager
def impatient(server: Server) -> Iterator[None]:
    """Let RabbitMQ end the channel of a worker soon that does not acknowledge."""
    server.control('eval', PATIENCE.format(int(PATIENT_SECONDS * 1000), 500))
    try:
        yield
    finally:
        server.control('eval', PATIENCE.format(30 * 60 * 1000, 60 * 1000))


def impatient_redis(**further: Any) -> dict[str, Any]:
    """Settings with which Redis gives back soon what a worker holds."""
    options = {**profiles.SHORTER_OPTIONS, 'visibility_timeout': VISIBLE_SECONDS}
    return {'broker_transport_options': options, **further}


def kill_a_beat(scene: Scene) -> None:
    """Kill beat around a tick, and start it again."""
    assert scene.beats is not None
    scene.beats.kill_around_a_tick(scene.chance)


FAULTS = {
    fault.name: fault
    for fault in (
        Fault(
            'worker-killed-before',
            'SIGKILL for the worker and its processes, before the effect of its tasks',
            lambda scene: scene.worker.kill(),
            before=0.2,
            after=0,
        ),
        Fault(
            'worker-killed-after',
            'the same, after the effect',
            lambda scene: scene.worker.kill(),
            before=0,
            after=0.2,
        ),
        Fault(
            'process-killed',
            'SIGKILL for one process of the pool',
            lambda scene: scene.worker.kill_a_process(scene.chance),
        ),
        Fault(
            'sigterm',
            'SIGTERM for the worker',
            lambda scene: scene.worker.end(signal.SIGTERM),
        ),
        Fault(
            'sigquit',
            'SIGQUIT for the worker',
            lambda scene: scene.worker.end(signal.SIGQUIT),
        ),
        Fault(
            'stop-then-kill',
            'SIGTERM, then SIGKILL while its tasks still run, as docker stop does it',
            lambda scene: scene.worker.end_or_kill(GRACE_SECONDS),
            before=1.5,
            after=1.5,
            tasks=4,
            strikes=2,
        ),
        Fault(
            'broker-stopped',
            'SIGTERM for the broker while the worker works; it is started again',
            stop_the_broker,
            brokers=LOCAL,
            queue_age=SETTLED_SECONDS,
            strikes=1,
        ),
        Fault(
            'broker-killed-at-work',
            'SIGKILL for the broker while the worker works; it is started again',
            kill_the_broker,
            brokers=LOCAL,
            queue_age=SETTLED_SECONDS,
            strikes=1,
            quick_in_docker=True,
        ),
        Fault(
            'broker-killed-after-publish',
            'SIGKILL for the broker as soon as the calls have returned; no worker runs yet',
            kill_the_broker,
            before=0.01,
            after=0,
            brokers=LOCAL,
            queue_age=SETTLED_SECONDS,
            moment=Moment.AFTER_SENDING,
            strikes=1,
            quick_in_docker=True,
        ),
        Fault(
            'broker-killed-while-sending',
            'SIGKILL for the broker while tasks are sent; it is started again',
            kill_the_broker,
            before=0.01,
            after=0,
            brokers=LOCAL,
            queue_age=SETTLED_SECONDS,
            moment=Moment.WHILE_SENDING,
            strikes=1,
            quick_in_docker=True,
        ),
        Fault(
            'broker-full-while-sending',
            'no memory left in the broker for a second, while tasks are sent',
            fill_the_broker,
            before=0.01,
            after=0,
            moment=Moment.WHILE_SENDING,
            strikes=1,
        ),
        Fault(
            'broker-full-at-work',
            'the same, while the worker works',
            fill_the_broker,
            strikes=1,
        ),
        Fault(
            'link-cut-while-sending',
            'the connections to the broker are cut for a second, while tasks are sent',
            cut_the_link,
            before=0.01,
            after=0,
            moment=Moment.WHILE_SENDING,
            linked=True,
        ),
        Fault(
            'link-silent-while-sending',
            'the connections say nothing for three seconds, and then they are cut',
            silence_the_link,
            before=0.01,
            after=0,
            moment=Moment.WHILE_SENDING,
            linked=True,
            strikes=1,
        ),
        Fault(
            'link-cut-at-work',
            'the connections to the broker are cut for a second, while the worker works',
            cut_the_link,
            linked=True,
        ),
        Fault(
            'link-silent-at-work',
            'the connections say nothing for three seconds, while the worker works, and are cut',
            silence_the_link,
            linked=True,
            strikes=1,
        ),
        Fault(
            'results-killed',
            'SIGKILL for the result backend while the worker works; it is back a second later',
            kill_the_results,
            looks_at_results=True,
            strikes=1,
        ),
        *of_a_node('node-killed', 'gets SIGKILL; it is started again', kill_a_node, DEAD_SECONDS),
        *of_a_node('node-paused', 'is frozen, and goes on later', pause_a_node, STUCK_SECONDS, 10),
        *of_a_node('node-cut-off', 'has no network for a while', cut_off_a_node, STUCK_SECONDS, 10),
        Fault(
            'time-limits',
            'two of five tasks take too long: one for its hard time limit, one for its soft one',
            nothing,
            moment=Moment.ALWAYS,
            looks_at_results=True,
            send=sends.work_over_limits,
            strikes=1,
            full_strikes=20,
        ),
        Fault(
            'duplicate-id',
            'each task is sent twice with one id',
            nothing,
            moment=Moment.ALWAYS,
            send=sends.work_twice,
            strikes=1,
            full_strikes=20,
        ),
        Fault(
            'visibility-timeout-passed',
            'four tasks take longer than the visibility timeout, and four wait for them',
            nothing,
            before=0,
            after=1.5 * VISIBLE_SECONDS,
            tasks=8,
            moment=Moment.ALWAYS,
            brokers=(REDIS,),
            looks_at_results=True,
            send=sends.work_long,
            settings={
                'default': impatient_redis(),
                'vege5': impatient_redis(
                    task_time_limit=VISIBLE_SECONDS / 2,
                    task_soft_time_limit=VISIBLE_SECONDS * 0.45,
                ),
            },
            strikes=1,
            full_strikes=20,
        ),
        Fault(
            'eta-past-visibility-timeout',
            'the countdown of the tasks is longer than the visibility timeout',
            nothing,
            before=0,
            after=0,
            tasks=8,
            moment=Moment.ALWAYS,
            brokers=(REDIS,),
            send=sends.work_later,
            countdown=1.5 * VISIBLE_SECONDS,
            settings={'default': impatient_redis(), 'vege5': impatient_redis()},
            strikes=1,
            full_strikes=20,
        ),
        Fault(
            'eta-past-consumer-timeout',
            'the countdown of the tasks is longer than the consumer_timeout of RabbitMQ',
            wait_for_the_countdown,
            before=0,
            after=0,
            tasks=8,
            moment=Moment.ALWAYS,
            brokers=(RABBITMQ,),
            send=sends.work_later,
            countdown=2 * PATIENT_SECONDS,
            arrange=impatient,
            notices={'Unrecoverable error: PreconditionFailed': 'ends of a worker'},
            strikes=1,
            full_strikes=20,
        ),
        Fault(
            'two-beats',
            'two beats with one schedule send the tasks; what is sent is a slot of it',
            nothing,
            tasks=4,
            moment=Moment.ALWAYS,
            beats=2,
            strikes=1,
            full_strikes=20,
        ),
        Fault(
            'beat-killed-at-tick',
            'SIGKILL for beat around its tick, and it is started again; vege5 changes no beat',
            kill_a_beat,
            moment=Moment.ALWAYS,
            beats=1,
            strikes=2,
        ),
        Fault(
            'leak',
            'tasks keep memory; a process that has too much is replaced after its task',
            nothing,
            moment=Moment.ALWAYS,
            send=sends.leak,
            settings={
                name: {'worker_max_memory_per_child': MOST_KILOBYTES} for name in profiles.NAMES
            },
            notices={r'ForkPoolWorker-\d+': 'processes that worked'},
            strikes=1,
            full_strikes=20,
        ),
        Fault(
            'poison-task',
            'some tasks end their process each time they run; the others are counted',
            nothing,
            moment=Moment.ALWAYS,
            looks_at_results=True,
            send=sends.work_beside_poison,
            strikes=1,
            full_strikes=20,
        ),
    )
}
