"""What is said where RabbitMQ refuses, or goes away: troubleshooting.md."""

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from amqp.exceptions import AccessRefused, NotAllowed, NotFound
from celery import Celery
from kombu import Queue

from playground import http
from playground.services.running import Services
from playground.session import Session
from playground.terminal import Terminal, reader_environment
from playground.waiting import wait_until
from tests.fresh_services import management, request
from tests.live.conftest import terminals

SECONDS = 60.0
NUMBERS = itertools.count(1)

APP = """
from celery import Celery
from kombu import Queue

app = Celery('queues')
app.conf.task_queues = [Queue('orders', queue_arguments={'x-max-priority': 9})]
"""

PASSWORD = (
    'ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN.'
    ' For details see the broker logfile.'
)
VHOST = '(530) NOT_ALLOWED - vhost nope not found'
RESTARTS = "Frequent restarts detected: RestartFreqExceeded('5 in 1s')"
NO_QUEUE = "(404) NOT_FOUND - no queue 'nobody-made-it' in vhost "
OTHER = "PRECONDITION_FAILED - inequivalent arg 'x-max-priority' for queue 'orders' in vhost "
LOST = 'consumer: Connection to broker lost. Trying to re-establish the connection... ('


@pytest.fixture
def rabbitmq(chosen: Services) -> Services:
    if not chosen.has_rabbitmq:
        pytest.skip('needs a RabbitMQ; native and compose have one')
    return chosen


@pytest.fixture
def start(
    rabbitmq: Services, session: Session, tmp_path: Path
) -> Iterator[Callable[..., Terminal]]:
    """Start a worker of the queue orders; its broker's URL may be another."""
    (tmp_path / 'queues.py').write_text(APP)
    with terminals(session) as start:

        def start_worker(broker_url: str = rabbitmq.broker_url) -> Terminal:
            environment = {**reader_environment(rabbitmq), 'CELERY_BROKER_URL': broker_url}
            node = f'queues-{next(NUMBERS)}@localhost'
            command = f'celery -A queues worker -l info -P solo --without-mingle -n {node}'
            return start(command, environment, tmp_path)

        yield start_worker


def program(broker_url: str) -> Celery:
    return Celery('program', broker=broker_url, set_as_current=False)


def test_what_rabbitmq_refuses(rabbitmq: Services, start: Callable[..., Terminal]) -> None:
    user = urlsplit(rabbitmq.broker_url).username or ''
    stranger = rabbitmq.broker_url.replace(f'://{user}:', f'://{user}:no')
    elsewhere = rabbitmq.broker_url.rsplit('/', 1)[0] + '/nope'
    workers = start(stranger), start(elsewhere)

    with pytest.raises(AccessRefused) as refused:
        program(stranger).send_task('queues.pack')
    assert PASSWORD in str(refused.value)
    with pytest.raises(NotAllowed) as not_allowed:
        program(elsewhere).send_task('queues.pack')
    assert VHOST in str(not_allowed.value)

    with program(rabbitmq.broker_url).connection_for_write() as connection:
        with pytest.raises(NotFound) as not_found:
            connection.channel().queue_declare('nobody-made-it', passive=True)
        assert NO_QUEUE in str(not_found.value)
        Queue('orders')(connection.default_channel).declare()
        third = start()
        assert third.wait(SECONDS) == 1
        assert 'Unrecoverable error: PreconditionFailed(406, ' in third.output
        assert OTHER in third.output
        connection.default_channel.queue_delete('orders')
    fourth = start()
    fourth.wait_for(' ready.', SECONDS)

    assert workers[0].wait(SECONDS) == 1
    assert 'Unrecoverable error: AccessRefused(403, ' in workers[0].output
    assert PASSWORD in workers[0].output
    workers[1].wait_for(RESTARTS, SECONDS)
    assert VHOST in workers[1].output
    assert workers[1].runs

    close_connections(rabbitmq)
    fourth.wait_for(LOST, SECONDS)
    connected = 'INFO/MainProcess] Connected to '
    assert wait_until(lambda: fourth.output.count(connected) == 2, SECONDS)


def close_connections(rabbitmq: Services) -> None:
    """As an operator does: the management API learns of a connection some seconds late."""
    api, credentials = management(rabbitmq)
    vhost = urlsplit(rabbitmq.broker_url).path.removeprefix('/')

    def names() -> list[str]:
        answer = http.request(f'{api}vhosts/{vhost}/connections?columns=name', credentials)[1]
        return [connection['name'] for connection in json.loads(answer)]

    assert wait_until(lambda: bool(names()), SECONDS)
    for name in names():
        request(f'{api}connections/{quote(name)}', credentials, 'DELETE')
