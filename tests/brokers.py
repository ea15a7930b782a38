"""What the comments of the pages know of the back-ends; it needs no more than Python."""

# Which server is the broker of each: the pages' conditions of skips know it as ``broker``.
BROKERS = {'embedded': 'Redis', 'native': 'RabbitMQ', 'compose': 'RabbitMQ'}

# What chapters need that type docker compose, and why they are skipped on the other back-ends.
NEEDS_OF_CONTAINERS = ('Docker', 'cluster')
IN_DOCKER = 'a chapter about containers needs Docker, so it is run on compose alone'


def lacks_docker(backend: str) -> str | None:
    """Say why what types docker compose is skipped on a back-end."""
    return None if backend == 'compose' else IN_DOCKER
