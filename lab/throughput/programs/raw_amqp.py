"""The ceiling with RabbitMQ: py-amqp alone, one process that takes and acknowledges."""

import os
import sys
from urllib.parse import unquote, urlsplit

from amqp import Channel, Connection, Message

from lab.throughput import sending
from lab.throughput.marks import shared

QUEUE = os.environ['THROUGHPUT_QUEUE']
PREFETCH = 128


def channel() -> Channel:
    """Connect, and declare the queue."""
    url = urlsplit(os.environ['THROUGHPUT_URL'])
    connection = Connection(
        f'{url.hostname}:{url.port}', url.username, url.password, virtual_host=unquote(url.path[1:])
    )
    connection.connect()
    opened = connection.channel()
    opened.queue_declare(QUEUE, durable=True, auto_delete=False)
    return opened


def take(message: Message) -> None:
    """Do nothing but say so, and acknowledge."""
    shared().run(int(message.body))
    message.channel.basic_ack(message.delivery_tag)


if __name__ == '__main__':
    opened = channel()
    if sys.argv[1:]:
        sending.main(
            lambda number: opened.basic_publish(
                Message(str(number), delivery_mode=2), routing_key=QUEUE
            ),
            # It answers when it has read all that came before.
            opened.close,
        )
    else:
        opened.basic_qos(0, PREFETCH, False)
        opened.basic_consume(QUEUE, callback=take)
        while True:
            opened.connection.drain_events()
