"""The cluster of docker-compose.cluster.yml as a project of a test's own."""

from playground import compose_file, docker
from playground.ports import LOOPBACK, free_port
from playground.session import Session
from playground.virtual_environment import REPOSITORY

FILE = REPOSITORY / 'docker-compose.cluster.yml'
NODES = ('NOTES_CLUSTER_1_PORT', 'NOTES_CLUSTER_2_PORT', 'NOTES_CLUSTER_3_PORT')
RESULTS = 'NOTES_CLUSTER_REDIS_PORT'


def own_cluster(session: Session) -> dict[str, str]:
    """Choose a name and free ports; nothing is started.

    Args:
        session: forgets the project when it ends.

    Returns:
        The variables that lead ``docker compose -f docker-compose.cluster.yml``, Python and Celery
        to this cluster, in any folder.
    """
    settings = compose_file.read()
    ports = {variable: free_port() for variable in (*NODES, RESULTS)}
    chosen = {variable: str(port) for variable, port in ports.items()}
    project = docker.own_project(chosen, FILE)
    session.ends_with(project.command(*docker.FORGET), project.environment)
    return {
        **project.choices,
        'CELERY_BROKER_URL': ';'.join(settings.broker_url_at(ports[node]) for node in NODES),
        'CELERY_RESULT_BACKEND': f'redis://{LOOPBACK}:{ports[RESULTS]}/',
    }
