"""Reads docker-compose.yml, the one place that says which user, vhost and ports the notes use."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from playground.errors import PlaygroundError
from playground.virtual_environment import REPOSITORY

COMPOSE_FILE = REPOSITORY / 'docker-compose.yml'


@dataclass(frozen=True)
class ComposeFile:
    """What docker-compose.yml says of RabbitMQ, Redis and Flower."""

    user: str
    password: str
    vhost: str
    broker_port: int
    management_port: int
    redis_port: int
    flower_port: int
    flower_credentials: str

    @property
    def broker_url(self) -> str:
        """The broker as the apps name it."""
        return self.broker_url_at(self.broker_port, 'localhost')

    @property
    def result_backend(self) -> str:
        """The result backend as the apps name it."""
        return f'redis://localhost:{self.redis_port}/'

    def broker_url_at(self, port: int, host: str = '127.0.0.1') -> str:
        """The same user and vhost on another port."""
        return f'amqp://{self.user}:{self.password}@{host}:{port}/{self.vhost}'

    def management_url_at(self, port: int) -> str:
        """RabbitMQ's management API, as Flower wants it."""
        return f'http://{self.user}:{self.password}@127.0.0.1:{port}/api/'


def read(path: Path = COMPOSE_FILE) -> ComposeFile:
    """Read the services' settings.

    Args:
        path: the file to read.

    Raises:
        PlaygroundError: the file is not as the notes need it.
    """
    try:
        return _settings(yaml.safe_load(path.read_text())['services'])
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError, IndexError) as error:
        raise PlaygroundError(
            f'{path.name} cannot be used ({type(error).__name__}: {" ".join(str(error).split())}):'
            f' undo your changes, as with: git checkout {path.name}'
        ) from None


def _settings(services: dict[str, Any]) -> ComposeFile:
    rabbitmq = services['rabbitmq']['environment']
    broker_port, management_port = _ports(services['rabbitmq'])
    (redis_port,) = _ports(services['redis'])
    (flower_port,) = _ports(services['flower'])
    return ComposeFile(
        user=rabbitmq['RABBITMQ_DEFAULT_USER'],
        password=rabbitmq['RABBITMQ_DEFAULT_PASS'],
        vhost=rabbitmq['RABBITMQ_DEFAULT_VHOST'],
        broker_port=broker_port,
        management_port=management_port,
        redis_port=redis_port,
        flower_port=flower_port,
        flower_credentials=services['flower']['environment']['FLOWER_BASIC_AUTH'],
    )


def _ports(service: dict[str, Any]) -> list[int]:
    """The published ports, in the order of the file; each reads ADDRESS:PUBLISHED:INSIDE."""
    return [int(entry.split(':')[1]) for entry in service['ports']]
