"""The cluster of docker-compose.cluster.yml as a project of somebody's own."""

from dataclasses import dataclass

from playground import compose_file, docker
from playground.docker import Project
from playground.ports import LOOPBACK, free_port
from playground.session import Session
from playground.virtual_environment import REPOSITORY

FILE = REPOSITORY / 'docker-compose.cluster.yml'
# The services that are its nodes, and where each of them is published.
NODES = {f'rabbitmq-{number}': f'NOTES_CLUSTER_{number}_PORT' for number in (1, 2, 3)}
RESULTS = 'NOTES_CLUSTER_REDIS_PORT'


@dataclass(frozen=True)
class Cluster:
    """Three nodes and a Redis.

    Attributes:
        project: to which they belong.
        ports: of the nodes, by service.
        broker_url: all nodes.
        result_backend: the Redis.
    """

    project: Project
    ports: dict[str, int]
    broker_url: str
    result_backend: str

    @property
    def variables(self) -> dict[str, str]:
        """What leads ``docker compose -f docker-compose.cluster.yml``, Python and Celery here."""
        return {
            **self.project.choices,
            'CELERY_BROKER_URL': self.broker_url,
            'CELERY_RESULT_BACKEND': self.result_backend,
        }


def own_cluster(session: Session) -> Cluster:
    """Choose a name and free ports; nothing is started.

    Args:
        session: forgets the project when it ends.
    """
    settings = compose_file.read()
    ports = {service: free_port() for service in NODES}
    chosen = {NODES[service]: str(port) for service, port in ports.items()}
    results = free_port()
    project = docker.own_project({**chosen, RESULTS: str(results)}, FILE)
    session.ends_with(project.command(*docker.FORGET), project.environment)
    return Cluster(
        project,
        ports,
        ';'.join(settings.broker_url_at(port) for port in ports.values()),
        f'redis://{LOOPBACK}:{results}/',
    )
