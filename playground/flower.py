"""Starts Flower with the notes' credentials, and asks its API."""

import json
import shlex
from typing import Any

from playground import http
from playground.ports import LOOPBACK
from playground.services.running import Services
from playground.session import Session
from playground.terminal import Terminal, reader_environment

START_SECONDS = 30.0


def start(session: Session, services: Services, port: int, options: str = '') -> Terminal:
    """Start Flower on 127.0.0.1; it serves as soon as its output says ``Visit me at``.

    Args:
        session: owns the process.
        services: what Flower looks at.
        port: where it listens.
        options: more of them, as a reader types them.
    """
    command = f'celery -A vege flower --address={LOOPBACK} --port={port}'
    command += f' --basic-auth={shlex.quote(services.credentials)}'
    if services.management_url:
        command += f' --broker-api={shlex.quote(services.management_url)}'
    if options:
        command += f' {options}'
    return Terminal(session, 'flower', command, reader_environment(services))


def workers(url: str, credentials: str) -> tuple[int, dict[str, Any]]:
    """Ask Flower's API for the workers that answer now.

    Args:
        url: where Flower listens.
        credentials: ``user:password``.

    Returns:
        The HTTP status that one without credentials gets, and what Flower knows of each worker.
    """
    resource = f'{url}/api/workers?refresh=true'
    refused, _ = http.request(resource)
    _, answer = http.request(resource, credentials)
    return refused, json.loads(answer)
