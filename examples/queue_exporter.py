"""Tells Prometheus how long queues are, and how many workers answer. production.md, chapter 8.

python -m examples.queue_exporter 5581 watched
"""

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import suppress

from celery import Celery
from kombu import Connection
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'


app = Celery('examples.queue_exporter')
app.config_from_object(Config)


class Queues:
    def __init__(self, names: list[str]) -> None:
        self.names = names

    def collect(self) -> Iterator[Metric]:
        length = GaugeMetricFamily('celery_queue_length', 'Waiting messages', labels=['queue'])
        age = GaugeMetricFamily('celery_queue_oldest_seconds', 'Oldest one', labels=['queue'])
        with app.connection_for_read() as connection:
            for name in self.names:
                if connection.transport.driver_type == 'redis':
                    messages, sent = on_redis(connection, name)
                    age.add_metric([name], time.time() - sent if sent else 0)
                else:
                    messages = on_rabbitmq(connection, name)
                length.add_metric([name], messages)
        yield from (length, age)
        answers = app.control.ping(timeout=0.5)
        yield GaugeMetricFamily('celery_workers', 'Workers that answer', value=len(answers))


def on_rabbitmq(connection: Connection, name: str) -> int:
    messages: int = connection.channel().queue_declare(name, passive=True).message_count
    return messages


def on_redis(connection: Connection, name: str) -> tuple[int, int | None]:
    client = connection.channel().client
    lists = [name, *(f'{name}\x06\x16{step}' for step in (3, 6, 9))]
    heads = [json.loads(head) for each in lists if (head := client.lindex(each, -1))]
    sent = [stamp for head in heads if (stamp := head['properties'].get('timestamp'))]
    return sum(client.llen(each) for each in lists), min(sent, default=None)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(prog='python -m examples.queue_exporter')
    parser.add_argument('port', type=int)
    parser.add_argument('queues', nargs='+')
    given = parser.parse_args()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Queues(given.queues))
    with suppress(KeyboardInterrupt):
        try:
            start_http_server(given.port, '127.0.0.1', registry)[1].join()
        except (OSError, OverflowError) as error:
            parser.error(f'port {given.port}: {error}')
