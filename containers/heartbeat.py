"""A worker tells that it lives: celery worker -I containers.heartbeat."""

from celery.signals import heartbeat_sent

from containers.health import FILE


@heartbeat_sent.connect
def touch(**kwargs: object) -> None:
    FILE.touch()
