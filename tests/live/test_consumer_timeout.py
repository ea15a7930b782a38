"""What waits longer than the consumer_timeout of RabbitMQ 3.10: advance.md, chapter 4."""

from collections.abc import Iterator

import pytest
from celery import Celery

from playground.services import native
from playground.services.running import Services
from playground.session import Session
from playground.terminal import Terminal, reader_environment
from tests.live.rabbitmq import rabbitmqctl

SECONDS = 60.0
# Longer than any test.
LATER = 600
# By default RabbitMQ waits 30 minutes, and looks at its channels once a minute.
SOON = (
    'application:set_env(rabbit, consumer_timeout, 2000),'
    ' application:set_env(rabbit, channel_tick_interval, 1000).'
)


@pytest.fixture
def impatient(started: Services) -> Iterator[tuple[Session, Services]]:
    """A RabbitMQ of the test's own, with a short consumer_timeout."""
    if started.backend != 'native':
        pytest.skip('RabbitMQ 3.10 alone ends the worker; native has one')
    with Session() as session:
        services = native.start(session)
        rabbitmqctl(services.programs, 'eval', SOON)
        yield session, services


def test_a_countdown_beyond_it_ends_the_worker_and_the_next(
    impatient: tuple[Session, Services],
) -> None:
    session, services = impatient
    with Celery('late', broker=services.broker_url, set_as_current=False) as app:
        app.send_task('examples.retries.ask', (0,), queue='retries', countdown=LATER)
    for name in 'first', 'second':
        command = f'celery -A examples.retries worker -l info -c 1 -n {name}@%h'
        worker = Terminal(session, name, command, reader_environment(services))
        assert worker.wait(SECONDS) == 1
        assert 'Unrecoverable error: PreconditionFailed(406' in worker.output
        assert 'delivery acknowledgement on channel' in worker.output
        assert ' timed out. ' in worker.output
