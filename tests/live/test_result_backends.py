"""What really happens to old results, and to a call whose result backend is down."""

import time
from collections.abc import Callable

import pytest
from amqp.exceptions import NotFound
from celery import Celery

from playground.ports import LOOPBACK, free_port
from playground.services.running import Services
from playground.terminal import Terminal
from playground.waiting import wait_until

SECONDS = 30.0
EXPIRES = 1


def test_results_of_rpc_stay_on_redis(
    open_terminal: Callable[[str], Terminal], running: Services
) -> None:
    """README.md, chapter 6: on Redis nobody deletes them, and RabbitMQ does."""
    worker = open_terminal(
        'CELERY_RESULT_BACKEND=rpc:// celery -A examples.slow worker -l info -n rpc@localhost'
    )
    worker.wait_for(' ready.', SECONDS)
    with Celery('caller', broker=running.broker_url, backend='rpc://') as app:
        app.conf.result_expires = EXPIRES
        queue = app.backend.binding.name
        app.send_task('examples.slow.wait', (0,), queue='slow')
        worker.wait_for('succeeded in', SECONDS)
    with Celery('looks', broker=running.broker_url) as app, app.connection_for_read() as connection:
        if connection.transport_cls == 'redis':
            redis = connection.default_channel.client
            assert wait_until(lambda: redis.llen(queue) == 1, SECONDS)
            assert redis.ttl(queue) == -1
            redis.delete(queue)
        else:

            def is_gone() -> bool:
                time.sleep(2 * EXPIRES)  # to ask is to use the queue: it then lives on as long
                try:
                    connection.channel().queue_declare(queue, passive=True)
                except NotFound:
                    return True
                return False

            assert wait_until(is_gone, SECONDS)


@pytest.mark.parametrize(
    ('options', 'shortest', 'longest'),
    [({}, 15.0, 25.0), ({'retry_policy': {'timeout': 1.0}}, 0.9, 5.0)],
)
def test_a_call_waits_for_a_result_backend_that_is_down(
    running: Services, options: dict[str, object], shortest: float, longest: float
) -> None:
    """README.md, chapter 5."""
    backend = f'redis://{LOOPBACK}:{free_port()}/'
    with Celery('caller', broker=running.broker_url, backend=backend) as app:
        app.conf.result_backend_transport_options = options
        begin = time.monotonic()
        with pytest.raises(RuntimeError, match='Retry limit exceeded'):
            app.send_task('nobody.knows', queue='result-backend-down')
        assert shortest < time.monotonic() - begin < longest
        app.send_task('nobody.knows', queue='result-backend-down', ignore_result=True)
        with app.connection_for_write() as connection:
            connection.default_channel.queue_delete('result-backend-down')
