"""Taskiq."""

import asyncio
import os

from taskiq import AsyncBroker
from taskiq_aio_pika import AioPikaBroker, Exchange, Queue, QueueType
from taskiq_redis import ListQueueBroker

from lab.throughput import sending
from lab.throughput.marks import shared

URL, QUEUE = os.environ['THROUGHPUT_URL'], os.environ['THROUGHPUT_QUEUE']

broker: AsyncBroker
if URL.startswith('redis:'):
    broker = ListQueueBroker(URL, queue_name=QUEUE)
else:
    # Its own default is a quorum queue; the others have classic ones.
    queue = Queue(name=QUEUE, type=QueueType.CLASSIC)
    broker = AioPikaBroker(URL, exchange=Exchange(name=QUEUE), task_queues=[queue])


@broker.task(task_name='mark')
async def mark(number: int) -> None:
    """Do nothing but say so."""
    shared().run(number)


if __name__ == '__main__':
    loop = asyncio.new_event_loop()
    loop.run_until_complete(broker.startup())
    sending.main(lambda number: loop.run_until_complete(mark.kiq(number)))
    loop.run_until_complete(broker.shutdown())
