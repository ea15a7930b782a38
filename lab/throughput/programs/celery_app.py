"""Celery, as it comes or with other settings, and the ways to send its tasks."""

import json
import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from celery import Celery, Task, group

from examples import bulk
from lab.throughput import sending
from lab.throughput.marks import shared

NAME = 'lab.throughput.programs.celery_app'
SETTINGS, WAY = 'THROUGHPUT_SETTINGS', 'THROUGHPUT_WAY'

# Tasks in a message of chunks.
CHUNK = 100


class Way(NamedTuple):
    """How tasks are sent.

    Attributes:
        send: sends the task with this number, or remembers it.
        finish: returns when the broker has all of them, as far as Celery knows.
    """

    send: Callable[[int], object]
    finish: Callable[[], object] = lambda: None


def mark(number: int) -> None:
    """Do nothing but say so."""
    shared().run(number)


def make(settings: Mapping[str, Any]) -> Celery:
    """Make the app; the caller closes it.

    Args:
        settings: all that differs from Celery's own.
    """
    app = Celery('throughput', set_as_current=False)
    app.conf.update(settings)
    app.task(name='mark', shared=False)(mark)
    return app


def delay(task: Task) -> Way:
    """Call ``delay`` for each task."""
    return Way(task.delay)


def one_producer(task: Task) -> Way:
    """Take a connection and a producer once, and not again for each task."""
    producer = task.app.amqp.Producer(task.app.connection_for_write())
    return Way(lambda number: task.apply_async((number,), producer=producer))


def one_group(task: Task) -> Way:
    """Send them all as a group."""
    numbers: list[int] = []
    return Way(numbers.append, lambda: group(task.s(each) for each in numbers).apply_async())


def chunks(task: Task) -> Way:
    """Send a message for each hundred tasks."""
    calls: list[tuple[int]] = []
    return Way(
        lambda number: calls.append((number,)), lambda: task.chunks(calls, CHUNK).apply_async()
    )


def confirmed_bulk(task: Task) -> Way:
    """Send them with examples/bulk.py."""
    calls: list[tuple[int]] = []
    return Way(lambda number: calls.append((number,)), lambda: bulk.send(task, calls))


def batch(task: Task) -> Way:
    """Have kombu send many commands to Redis at a time."""
    producer = task.app.amqp.Producer(task.app.connection_for_write())
    together = producer.batch()
    together.__enter__()
    return Way(
        lambda number: task.apply_async((number,), producer=producer),
        lambda: together.__exit__(None, None, None),
    )


WAYS: dict[str, Callable[[Task], Way]] = {
    way.__name__: way for way in (delay, one_producer, one_group, chunks, confirmed_bulk, batch)
}

if SETTINGS in os.environ:
    app = make(json.loads(os.environ[SETTINGS]))

if __name__ == '__main__':
    sending.main(*WAYS[os.environ[WAY]](app.tasks['mark']))
