"""RabbitMQ in Docker: one container, or three nodes that are one broker."""

import subprocess

import amqp

from playground import compose_file, docker
from playground.cluster import own_cluster
from playground.docker import Project
from playground.errors import PlaygroundError
from playground.services import login
from playground.session import Session
from playground.waiting import wait_until

# It stops in 30 seconds, or is killed: docker-compose.yml.
SECONDS = 60.0
START_SECONDS = 180.0

SERVICE = 'rabbitmq'


class NotStartedError(PlaygroundError):
    """Docker is there, and does not start a server."""


class Container:
    """A RabbitMQ in a container, which can be ended and started again on its data.

    Attributes:
        port: of 127.0.0.1, where it is published.
    """

    def __init__(self, project: Project, service: str, port: int) -> None:
        """Take a container that runs.

        Args:
            project: to which it belongs.
            service: which one of it.
            port: where it is published.
        """
        self.port = port
        self._service = service
        self._network = f'{project.name}_default'
        self._name = f'{project.name}-{service}-1'

    def kill(self) -> None:
        """Kill it, and return when it is gone."""
        _docker('kill', self._name)

    def stop(self) -> None:
        """End it in good order."""
        _docker('stop', self._name)

    def start(self) -> None:
        """Start it again, and return when it answers."""
        _docker('start', self._name)
        self._wait_until_it_answers()

    def pause(self) -> None:
        """Freeze its processes; the connections to it stay."""
        # With cgroup v1 a machine with much to do may be "unable to freeze" what forks meanwhile.
        if not wait_until(lambda: _call('pause', self._name).returncode == 0, SECONDS):
            raise PlaygroundError(f'docker pause {self._name} does not succeed')

    def go_on(self) -> None:
        """Let its processes go on, and return when it answers."""
        _docker('unpause', self._name)
        self._wait_until_it_answers()

    def cut_off(self) -> None:
        """Take it off the network of the others and of its clients."""
        _docker('network', 'disconnect', self._network, self._name)

    def come_back(self) -> None:
        """Put it on the network again, and return when it answers."""
        # The others know it by the name of its service.
        _docker('network', 'connect', '--alias', self._service, self._network, self._name)
        self._wait_until_it_answers()

    @property
    def rabbitmqctl(self) -> tuple[str, ...]:
        """The command that controls it."""
        return ('docker', 'exec', self._name, 'rabbitmqctl')

    def version(self) -> str | None:
        """Name its version; None if it does not answer."""
        try:
            return login.version(compose_file.read(), self.port)
        except (OSError, amqp.AMQPError):
            return None

    def _wait_until_it_answers(self) -> None:
        if not wait_until(lambda: self.version() is not None, START_SECONDS):
            raise PlaygroundError(f'{self._name} did not answer within {START_SECONDS:.0f} s')


def start_one(session: Session) -> tuple[Container, ...]:
    """Start the RabbitMQ of docker-compose.yml on a free port.

    Args:
        session: forgets it in the end.

    Returns:
        One container.

    Raises:
        NotStartedError: Docker cannot start it.
    """
    project = docker.own_project(docker.free_choices())
    session.ends_with(project.command(*docker.FORGET), project.environment)
    _up(session, project, SERVICE)
    port = compose_file.read(choices=project.choices).broker_port
    return (Container(project, SERVICE, port),)


def start_three(session: Session) -> tuple[Container, ...]:
    """Start the nodes of docker-compose.cluster.yml on free ports.

    Args:
        session: forgets them in the end.

    Returns:
        Three containers.

    Raises:
        NotStartedError: Docker cannot start them.
    """
    cluster = own_cluster(session)
    _up(session, cluster.project, *cluster.ports)
    return tuple(Container(cluster.project, name, port) for name, port in cluster.ports.items())


def _up(session: Session, project: Project, *services: str) -> None:
    try:
        project.start(session, *services)
    except PlaygroundError as error:
        # What has started would take the others' processor time for as long as the run goes on.
        log = session.folder / f'{project.name}-forgotten.log'
        session.run(project.command(*docker.FORGET), project.environment, SECONDS, log)
        # The last lines of its log, which follow, are too long for a run that goes on.
        raise NotStartedError(str(error).partition(';')[0]) from None


def _docker(*arguments: str) -> None:
    called = _call(*arguments)
    if called.returncode:
        raise PlaygroundError(f'docker {" ".join(arguments)}: {called.stderr.strip()}')


def _call(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ['docker', *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
