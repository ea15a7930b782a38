"""waiting.py without a broker."""

from collections.abc import Callable

from celery import Celery

from examples.waiting import app, greet


def test_it_greets(run_eagerly: Callable[[Celery], None]) -> None:
    run_eagerly(app)
    assert greet.delay('Chris').get() == 'hello Chris'


def test_its_queue_is_a_quorum_queue_behind_a_topic_exchange() -> None:
    queue = app.amqp.queues['waiting']
    assert queue.queue_arguments == {'x-queue-type': 'quorum'}
    assert queue.exchange.type == 'topic'
