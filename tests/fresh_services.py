"""Gives each test an empty part of a shared back-end."""

import contextlib
import dataclasses
import fnmatch
import itertools
import json
import uuid
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import redis

from playground import http
from playground.services.running import Services
from playground.waiting import wait_until

FLOWER_SECONDS = 30.0

# production.md 10 takes it for a broker of its own, at which no worker looks.
OF_A_PAGE = 7

# A Redis server has databases 0 to 15.
DATABASES = itertools.cycle(number for number in range(1, 16) if number != OF_A_PAGE)


@contextlib.contextmanager
def fresh(services: Services, vhost: str | None = None) -> Iterator[Services]:
    """Make an empty Redis database and, where there is a RabbitMQ, an empty vhost.

    Args:
        services: the back-end that runs.
        vhost: its name; it is emptied before and after. Without one, a vhost of its own.
    """
    database = services.result_backend.rsplit('/', 1)[0] + f'/{next(DATABASES)}'
    with redis.Redis.from_url(database) as client:
        client.flushdb()
    if not services.has_rabbitmq:
        yield dataclasses.replace(services, broker_url=database, result_backend=database)
        return
    name = vhost or f'test-{uuid.uuid4().hex[:8]}'
    # A Flower that looks at this vhost must not lose it.
    empty = empty_vhost if vhost and services.flower_url else make_vhost
    empty(services, name)
    broker = services.broker_url.rsplit('/', 1)[0] + f'/{name}'
    yield dataclasses.replace(services, broker_url=broker, result_backend=database)
    if vhost:
        empty(services, name)
    else:
        api, credentials = management(services)
        request(f'{api}vhosts/{name}', credentials, 'DELETE')


def make_vhost(services: Services, name: str) -> None:
    """Make an empty vhost in place of what there is of this name."""
    api, credentials = management(services)
    user = credentials.split(':')[0]
    everything = '{"configure": ".*", "write": ".*", "read": ".*"}'
    http.request(f'{api}vhosts/{name}', credentials, 'DELETE')
    request(f'{api}vhosts/{name}', credentials, 'PUT')
    request(f'{api}permissions/{name}/{user}', credentials, 'PUT', everything)


def empty_vhost(services: Services, name: str) -> None:
    """Delete what is in a vhost, except the queue and the exchange of a Flower's events.

    A Flower that has just started has none yet, so it is waited for.
    """
    api, credentials = management(services)

    def flower_listens() -> bool:
        return '"celeryev.' in http.request(f'{api}queues/{name}?columns=name', credentials)[1]

    if not wait_until(flower_listens, FLOWER_SECONDS):
        raise RuntimeError(f'no Flower listens to events in {name}')
    for kind, kept in ('queues', 'celeryev.*'), ('exchanges', 'celeryev'):
        for found in json.loads(http.request(f'{api}{kind}/{name}', credentials)[1]):
            own = found['name'] == '' or found['name'].startswith('amq.')
            if not own and not fnmatch.fnmatchcase(found['name'], kept):
                # One that a connection owned may have gone meanwhile.
                http.request(
                    f'{api}{kind}/{name}/{quote(found["name"], "")}', credentials, 'DELETE'
                )


def management(services: Services) -> tuple[str, str]:
    """Where RabbitMQ's management API is, and the ``user:password`` it wants."""
    parts = urlsplit(services.management_url or '')
    address = f'http://{parts.hostname}:{parts.port}{parts.path}'
    return address, services.credentials


def request(url: str, credentials: str, method: str, body: str = '') -> None:
    """Ask the management API to change something.

    Raises:
        RuntimeError: it refuses.
    """
    status, answer = http.request(url, credentials, method, body)
    if status >= 400:
        raise RuntimeError(f'{method} {url}: HTTP status {status}: {answer}')
