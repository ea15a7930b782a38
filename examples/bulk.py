"""Many tasks sent quickly, each one confirmed by RabbitMQ. production.md, chapter 13.

celery -A examples.rate shell
"""

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from amqp import Channel
from amqp.exceptions import MessageNacked
from celery import Task, uuid
from kombu import Producer

RETRIES, UNCONFIRMED, SECONDS = 20, 1000, 30


class Recorder(Producer):
    def publish(self, body: Any, **options: Any) -> None:
        self.recorded = body, options


def send(task: Task, calls: Sequence[tuple[Any, ...]], **options: Any) -> list[str]:
    """Send a task with each of the arguments; return the ids when RabbitMQ has confirmed all."""
    unconfirmed = {uuid(): call for call in calls}
    ids = list(unconfirmed)
    with task.app.connection_for_write(transport_options={'confirm_publish': False}) as broker:
        if broker.transport.driver_type != 'amqp':
            raise ValueError('only RabbitMQ confirms messages: give its address as broker_url')
        if task.app.conf.task_protocol != 2:
            raise ValueError('task_protocol must be 2, as Celery has it')
        if calls:
            broker.autoretry(publish, max_retries=RETRIES)(task, unconfirmed, options)
    return ids


def publish(task: Task, unconfirmed: dict[str, Any], options: Any, channel: Channel) -> None:
    recorder, producer = Recorder(channel), Producer(channel)
    waiting, total = dict[int, str](), len(unconfirmed)

    def confirmed(tag: int, multiple: bool) -> None:
        for each in list(takewhile(tag.__ge__, waiting)) if multiple else [tag]:
            del unconfirmed[waiting.pop(each)]

    def refused(tag: int, multiple: bool) -> None:
        raise MessageNacked('RabbitMQ refuses messages')

    call = next(iter(unconfirmed.values()))
    task.apply_async(call, producer=recorder, retry=False, **options)
    (_, kwargs, embed), like = recorder.recorded
    channel.confirm_select()
    channel.events |= {'basic_ack': {confirmed}, 'basic_nack': {refused}}
    for tag, (task_id, call) in enumerate(list(unconfirmed.items()), 1):
        old, waiting[tag] = like['correlation_id'], task_id
        headers = {name: task_id if of == old else of for name, of in like['headers'].items()}
        headers['argsrepr'] = options.get('argsrepr', repr(call))
        like |= {'headers': headers, 'correlation_id': task_id}
        producer.publish((call, kwargs, embed), **like)
        like['declare'] = None
        while len(waiting) > (UNCONFIRMED if tag < total else 0):
            channel.connection.drain_events(timeout=SECONDS)
