"""make faults lets a queue become two seconds old before it kills a broker, and this is enough."""

import time

from celery import Celery
from kombu import Queue

from lab import servers
from lab.faults.fault import SETTLED_SECONDS
from playground.waiting import wait_until

MESSAGES = 20
SECONDS = 60.0


def test_a_settled_quorum_queue_keeps_what_was_confirmed(rabbitmq: servers.Server) -> None:
    queue = Queue('settled', queue_arguments={'x-queue-type': 'quorum'})
    with Celery('caller', broker=rabbitmq.broker_url, set_as_current=False) as caller:
        caller.conf.broker_transport_options = {'confirm_publish': True}
        with caller.connection_for_write() as connection:
            queue(connection.default_channel).declare()
            # What has to be written in this time, RabbitMQ does not tell.
            time.sleep(SETTLED_SECONDS)
            with caller.amqp.Producer(connection) as producer:
                for number in range(MESSAGES):
                    producer.publish(number, routing_key='settled', serializer='json')
        rabbitmq.process.kill()
        rabbitmq.process.start()
        assert wait_until(lambda: rabbitmq.ready(caller, 'settled') == MESSAGES, SECONDS)
