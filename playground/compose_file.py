"""Reads docker-compose.yml, the one place that says which user, vhost and ports the notes use."""

import io
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from dotenv.parser import Binding, parse_stream

from playground.errors import PlaygroundError
from playground.virtual_environment import REPOSITORY

COMPOSE_FILE = REPOSITORY / 'docker-compose.yml'
CHOICES = REPOSITORY / '.env'

PORTS = ('NOTES_RABBITMQ_PORT', 'NOTES_MANAGEMENT_PORT', 'NOTES_REDIS_PORT', 'NOTES_FLOWER_PORT')

# ${NAME:-default}, as docker compose reads it: an empty value is no value.
VARIABLE = re.compile(r'\$\{(?P<name>\w+):-(?P<default>[^}]*)\}')

# A value of .env; nothing in it is escaped but a quote.
SINGLE_QUOTED = re.compile(r"'(?P<value>(?:\\'|[^'])*)'")


@dataclass(frozen=True)
class ComposeFile:
    """What docker-compose.yml says of RabbitMQ, Redis and Flower."""

    project: str
    user: str
    password: str
    vhost: str
    broker_port: int
    management_port: int
    redis_port: int
    flower_port: int

    @property
    def ports(self) -> dict[str, int]:
        """The ports under the names of their variables."""
        return {
            'NOTES_RABBITMQ_PORT': self.broker_port,
            'NOTES_MANAGEMENT_PORT': self.management_port,
            'NOTES_REDIS_PORT': self.redis_port,
            'NOTES_FLOWER_PORT': self.flower_port,
        }

    @property
    def broker_url(self) -> str:
        """The broker as the apps name it."""
        return self.broker_url_at(self.broker_port, 'localhost')

    @property
    def result_backend(self) -> str:
        """The result backend as the apps name it."""
        return f'redis://localhost:{self.redis_port}/'

    @property
    def credentials(self) -> str:
        """What RabbitMQ's management and Flower ask for."""
        return f'{self.user}:{self.password}'

    def broker_url_at(self, port: int, host: str = '127.0.0.1') -> str:
        """The same user and vhost on another port."""
        return f'amqp://{self._login}@{host}:{port}/{quote(self.vhost, safe="")}'

    def management_url_at(self, port: int) -> str:
        """RabbitMQ's management API, as Flower wants it."""
        return f'http://{self._login}@127.0.0.1:{port}/api/'

    @property
    def _login(self) -> str:
        """User and password for a URL, which some characters would end."""
        return f'{quote(self.user, safe="")}:{quote(self.password, safe="")}'


def read(path: Path = COMPOSE_FILE, choices: Mapping[str, str] | None = None) -> ComposeFile:
    """Read the services' settings.

    Args:
        path: the file to read.
        choices: values of its variables; without them, its defaults, which the pages show.

    Raises:
        PlaygroundError: the file is not as the notes need it.
    """
    choices = {variable: value for variable, value in (choices or {}).items() if value}
    for variable, value in choices.items():
        if variable in PORTS and not (
            re.fullmatch('[0-9]{1,5}', value) and 1 <= int(value) <= 65535
        ):
            raise PlaygroundError(
                f'{variable} is {value!r}, and a port is a number from 1 to 65535:'
                f' change it in the environment, or in {CHOICES.name}'
            )

    def chosen(variable: re.Match[str]) -> str:
        return choices.get(variable['name'], variable['default'])

    try:
        file = _replaced(yaml.safe_load(path.read_text()), chosen)
        settings = _settings(file, choices.get('COMPOSE_PROJECT_NAME') or file['name'])
    except (OSError, yaml.YAMLError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise PlaygroundError(
            f'{path.name} cannot be used ({type(error).__name__}: {" ".join(str(error).split())}):'
            f' undo your changes, as with: git checkout {path.name}'
        ) from None
    if ':' in settings.user:
        raise PlaygroundError(
            f'the user {settings.user} has a colon, which ends a user’s name where RabbitMQ’s'
            ' management and Flower ask for it: change NOTES_USER in the environment,'
            f' or in {CHOICES.name}'
        )
    if len(set(settings.ports.values())) < len(PORTS):
        listed = ', '.join(f'{variable}={port}' for variable, port in settings.ports.items())
        raise PlaygroundError(
            f'two services have one port ({listed}): change one in the environment,'
            f' or in {CHOICES.name}'
        )
    return settings


def read_as_chosen() -> ComposeFile:
    """Read the settings with what the reader has chosen: the environment, then ``.env``.

    Raises:
        PlaygroundError: a file is not as the notes need it.
    """
    return read(choices={**_choices(), **os.environ})


def _choices() -> dict[str, str]:
    """Read ``.env``, if there is one; of two lines with one name the last one holds."""
    try:
        lines = list(parse_stream(io.StringIO(CHOICES.read_text()))) if CHOICES.exists() else []
    except (OSError, UnicodeDecodeError) as error:
        raise PlaygroundError(
            f'{CHOICES.name} cannot be read ({error}): .env.example shows what stands in it'
        ) from None
    return {line.key or '': _value(line) for line in lines if line.error or line.key}


def _value(line: Binding) -> str:
    """Take a value as docker compose does, and refuse what it reads in another way than we do."""
    text = line.original.string
    if line.error:
        number = line.original.line + text[: len(text) - len(text.lstrip())].count('\n')
        raise PlaygroundError(
            f'line {number} of {CHOICES.name} is no assignment:'
            ' .env.example shows what stands in it'
        )
    value = text.partition('=')[2].strip()
    if quoted := SINGLE_QUOTED.match(value):
        return quoted['value'].replace("\\'", "'")
    if _is_ours(line) and (value.startswith('#') or '$' in (line.value or '')):
        raise PlaygroundError(
            f'{line.key} in {CHOICES.name} has a $, or begins with a #, which docker compose does'
            ' not take as it stands: put the value into single quotes'
        )
    return line.value or ''


def _is_ours(line: Binding) -> bool:
    return f'{line.key}'.startswith(('NOTES_', 'COMPOSE_PROJECT_NAME'))


def _replaced(part: Any, chosen: Callable[[re.Match[str]], str]) -> Any:
    if isinstance(part, dict):
        return {key: _replaced(value, chosen) for key, value in part.items()}
    if isinstance(part, list):
        return [_replaced(value, chosen) for value in part]
    return VARIABLE.sub(chosen, part) if isinstance(part, str) else part


def _settings(file: dict[str, Any], project: str) -> ComposeFile:
    services = file['services']
    rabbitmq = services['rabbitmq']['environment']
    broker_port, management_port = _ports(services['rabbitmq'])
    (redis_port,) = _ports(services['redis'])
    (flower_port,) = _ports(services['flower'])
    return ComposeFile(
        project=project,
        user=str(rabbitmq['RABBITMQ_DEFAULT_USER']),
        password=str(rabbitmq['RABBITMQ_DEFAULT_PASS']),
        vhost=str(rabbitmq['RABBITMQ_DEFAULT_VHOST']),
        broker_port=broker_port,
        management_port=management_port,
        redis_port=redis_port,
        flower_port=flower_port,
    )


def _ports(service: dict[str, Any]) -> list[int]:
    """The published ports, in the order of the file; each reads ADDRESS:PUBLISHED:INSIDE."""
    return [int(entry.split(':')[1]) for entry in service['ports']]
