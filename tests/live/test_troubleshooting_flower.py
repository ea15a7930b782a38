"""What Flower says, in its log and to a browser, of what is not there: troubleshooting.md."""

from collections.abc import Iterator

import pytest

from playground import flower, http
from playground.ports import LOOPBACK, free_port
from playground.services.running import Services
from playground.session import Session
from playground.terminal import Terminal, reader_environment
from tests.live.conftest import terminals

SECONDS = 60.0

UNKNOWN = "404 GET /task/gone (127.0.0.1): Unknown task 'gone'"
NO_WORKER = "Unknown worker 'gone@localhost'"
FAILED = 'Inspect method stats failed'
NO_API = 'RabbitMQ management API call failed: [Errno 111] Connection refused'
REFUSED = (
    'FLOWER_UNAUTHENTICATED_API environment variable is required to enable API without'
    ' authentication'
)
MISPLACED = (
    "You have incorrectly specified the following celery arguments after flower command: ['-A']."
)


@pytest.fixture
def start(chosen: Services, session: Session) -> Iterator[tuple[Terminal, str]]:
    """Flower without a worker, and with an address at which no management API is."""
    port = free_port()
    environment = reader_environment(chosen)
    environment.pop('FLOWER_UNAUTHENTICATED_API', None)
    command = (
        f'celery flower -A vege --address={LOOPBACK} --port={port} --inspect_timeout=200'
        f' --broker_api=http://{LOOPBACK}:9/api/'
    )
    with terminals(session) as start:
        started = start(command, environment)
        started.wait_for('Visit me at', flower.START_SECONDS)
        yield started, f'http://{LOOPBACK}:{port}'


def test_what_flower_says(chosen: Services, start: tuple[Terminal, str]) -> None:
    log, url = start
    assert MISPLACED in log.output
    assert http.request(f'{url}/task/gone')[0] == 404
    log.wait_for(UNKNOWN, SECONDS)
    assert http.request(f'{url}/worker/gone@localhost')[0] == 404
    log.wait_for(NO_WORKER, SECONDS)
    log.wait_for(FAILED, SECONDS)
    assert http.request(f'{url}/api/tasks') == (401, REFUSED)
    if chosen.has_rabbitmq:
        assert http.request(f'{url}/broker')[0] == 200
        log.wait_for(NO_API, SECONDS)
