"""Starts Flower with the notes' credentials, and asks its API."""

import base64
import json
import urllib.error
import urllib.request
from typing import Any

from playground import compose_file
from playground.ports import LOOPBACK
from playground.services.running import Services
from playground.session import Session
from playground.terminal import Terminal, reader_environment

START_SECONDS = 30.0


def start(session: Session, services: Services, port: int) -> Terminal:
    """Start Flower on 127.0.0.1; it serves as soon as its output says ``Visit me at``.

    Args:
        session: owns the process.
        services: what Flower looks at.
        port: where it listens.
    """
    command = f'celery -A vege flower --address={LOOPBACK} --port={port}'
    command += f' --basic-auth={compose_file.read().flower_credentials}'
    if services.management_url:
        command += f' --broker-api={services.management_url}'
    return Terminal(session, 'flower', command, reader_environment(services.environment))


def status(url: str, credentials: str | None = None) -> int:
    """Ask Flower for a page and return the HTTP status.

    Args:
        url: the page.
        credentials: ``user:password``.
    """
    try:
        return _open(url, credentials)[0]
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def read(url: str, credentials: str) -> Any:
    """Ask Flower's API and return what it answers.

    Args:
        url: the resource.
        credentials: ``user:password``.

    Raises:
        OSError: Flower does not answer, or refuses.
    """
    return json.loads(_open(url, credentials)[1])


def _open(url: str, credentials: str | None) -> tuple[int, bytes]:
    request = urllib.request.Request(url)
    if credentials:
        token = base64.b64encode(credentials.encode()).decode()
        request.add_header('Authorization', f'Basic {token}')
    with urllib.request.urlopen(request, timeout=10) as response:
        return response.status, response.read()
