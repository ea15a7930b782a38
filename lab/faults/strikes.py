"""What is done to a worker, a broker, a node, a link or a beat."""

import contextlib
import time
from collections.abc import Callable, Iterator

from lab.containers import Container
from lab.faults.fault import Scene
from lab.servers import Server

# How long a server is away, or a link is cut.
AWAY_SECONDS = 1.0
# Long enough for calls that get no answer, and for Redis to look for what it should give back.
SILENT_SECONDS = 3.0

# A worker may hold a message for this time; by default RabbitMQ says 30 minutes, and looks once
# a minute.
PATIENT_SECONDS = 2.0
PATIENCE = (
    'application:set_env(rabbit, consumer_timeout, {}),'
    ' application:set_env(rabbit, channel_tick_interval, {}).'
)

# Further than Redis' visibility timeout and the time in which a task of the experiments expires.
CLOCK_SECONDS = 7200.0
# A beat waits until its clock has caught up.
BEAT_CLOCK_SECONDS = 10.0

Choose = Callable[[Scene], Container]


def nothing(scene: Scene) -> None:
    """Do nothing."""


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


def kill_a_beat(scene: Scene) -> None:
    """Kill beat around a tick, and start it again."""
    assert scene.beats is not None
    scene.beats.kill_around_a_tick(scene.chance)


def set_the_clock_wrong(seconds: float, scene: Scene) -> None:
    """Set the clock ahead, or back if negative, and set it right later."""
    assert scene.clock is not None
    scene.clock.set(seconds)
    time.sleep(SILENT_SECONDS)
    scene.clock.set(0.0)


def put_the_clock_of_a_beat_back(scene: Scene) -> None:
    """Put the clock back for good, and wait until beat has ticked."""
    assert scene.clock is not None
    assert scene.beats is not None
    scene.clock.set(scene.clock.wrong_by - BEAT_CLOCK_SECONDS)
    scene.beats.wait_for_a_tick()
