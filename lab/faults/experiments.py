"""The faults: what is done, to whom, and when."""

import dataclasses
import enum
import functools
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from celery import Celery

from lab.faults.app import NAME
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


@dataclass(frozen=True)
class Scene:
    """What a fault can hit.

    Attributes:
        worker: the worker.
        server: the broker and the result backend.
        link: between the broker and its clients, if the fault asked for one.
        chance: chooses where there is a choice.
        away_seconds: how long a node is to be away.
    """

    worker: Worker
    server: Server
    link: Link | None
    chance: random.Random
    away_seconds: float


Strike = Callable[[Scene], None]
Choose = Callable[[Scene], Container]


def send_work(app: Celery, fault: 'Fault', number: int) -> str:
    """Send a task that works.

    Args:
        app: of the caller.
        fault: for how long.
        number: which one.

    Returns:
        Its id.
    """
    return str(app.send_task(f'{NAME}.work', (number, fault.before, fault.after)).id)


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
    send: Callable[[Celery, 'Fault', int], str] = send_work

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
    )
}
