"""How large messages are, and may be: advance.md, chapters 8 and 9."""

import contextlib
import json
from queue import Empty
from typing import Any

import pytest
import redis
from amqp.exceptions import PreconditionFailed
from celery import Celery

from playground.services.running import Services
from tests.live.rabbitmq import major

QUEUE = 'sizes'
MEGABYTE = 2**20
SECONDS = 30.0
STILL_SECONDS = 2.0


def test_a_message_of_msgpack_is_a_fifth_shorter(running: Services, caller: Celery) -> None:
    if running.has_rabbitmq:
        pytest.skip('looks at what is in Redis; embedded shows it')
    sizes = {}
    with redis.Redis.from_url(running.broker_url) as client:
        for serializer in 'json', 'msgpack':
            caller.send_task(
                'size.show', ([*range(1000, 1100)],), None, queue=QUEUE, serializer=serializer
            )
            message: Any = client.rpop(QUEUE)
            sizes[serializer] = len(message), len(json.loads(message)['body'])
    (whole_json, body_json), (whole_msgpack, body_msgpack) = sizes['json'], sizes['msgpack']
    assert 0.45 < body_msgpack / body_json < 0.55
    assert 0.75 < whole_msgpack / whole_json < 0.85
    assert whole_msgpack - body_msgpack > 1024


@pytest.mark.parametrize('confirms', [False, True])
def test_rabbitmq_4_takes_16_megabytes_and_no_more(
    running: Services, caller: Celery, confirms: bool
) -> None:
    caller.conf.broker_transport_options = {'confirm_publish': confirms}
    caller.send_task('size.show', ('x' * 15 * MEGABYTE,), queue=QUEUE)
    too_large = major(running) == 4
    # Nobody tells a caller who does not wait for the broker's answer.
    tells = pytest.raises(PreconditionFailed, match='is larger than configured max size 16777216')
    with tells if too_large and confirms else contextlib.nullcontext():
        caller.send_task('size.show', ('x' * 17 * MEGABYTE,), queue=QUEUE)
    with caller.connection_for_read() as connection:
        queue = connection.SimpleQueue(QUEUE)
        queue.get(timeout=SECONDS).ack()
        with pytest.raises(Empty) if too_large else contextlib.nullcontext():
            queue.get(timeout=STILL_SECONDS if too_large else SECONDS).ack()
