"""delivery_mode=1 in both kinds of queue, and a restart of RabbitMQ, which is the test's own."""

import pytest
from celery import Celery
from kombu import Queue

from playground.services import native
from playground.services.running import Services
from playground.session import Session
from playground.waiting import wait_until
from tests.live.rabbitmq import rabbitmqctl

SECONDS = 10.0


def test_a_restart_keeps_persistent_messages_only(started: Services) -> None:
    if not started.has_rabbitmq:
        pytest.skip('only RabbitMQ knows delivery_mode; native shows it')
    with Session() as session:
        services = native.start(session)
        with Celery('transient', broker=services.broker_url, set_as_current=False) as app:
            quorum = Queue('quorum', queue_arguments={'x-queue-type': 'quorum'})
            for _ in range(10):
                app.send_task('examples.long_and_short.mail', queue=quorum, delivery_mode=1)
            for mode, queue in (2, 'persistent'), (1, 'transient'):
                for _ in range(10):
                    app.send_task('examples.long_and_short.mail', queue=queue, delivery_mode=mode)
            sent = {'persistent': 10, 'transient': 10, 'quorum': 10}
            # The broker may still be reading what was sent.
            assert wait_until(lambda: waiting(app) == sent, SECONDS), waiting(app)
        for command in 'stop_app', 'start_app':
            rabbitmqctl(services.programs, command)
        with Celery('transient', broker=services.broker_url, set_as_current=False) as app:
            assert waiting(app) == {'persistent': 10, 'transient': 0, 'quorum': 10}


def waiting(app: Celery) -> dict[str, int]:
    """How many messages each queue has."""
    with app.connection_for_read() as connection:
        channel = connection.default_channel
        return {
            name: channel.queue_declare(name, passive=True).message_count
            for name in ('persistent', 'transient', 'quorum')
        }
