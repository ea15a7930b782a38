"""Records one run of a canvas from the events that its worker sends."""

import time
from dataclasses import dataclass
from typing import Any

from celery import Celery, Signature

from playground.errors import PlaygroundError

SECONDS = 30.0

# Sent by announcer.py, which only a worker may import: it makes every task of its process send.
PROCESS_EVENT = 'task-process'
ENDS = ('task-succeeded', 'task-failed')

Event = dict[str, Any]


@dataclass(frozen=True)
class Bar:
    """One task that ran.

    Attributes:
        task: the last part of its name, as in ``add``.
        process: the pool process that ran it, as in ``ForkPoolWorker-1``.
        begin: seconds from the call of the canvas to the start of the task.
        end: seconds from the call of the canvas to the end of the task.
    """

    task: str
    process: str
    begin: float
    end: float


def record(app: Celery, canvas: Signature) -> list[Bar]:
    """Call a canvas and follow its tasks until the last one has ended.

    Args:
        app: its broker carries the events; nothing else may run on it.
        canvas: what to call.

    Returns:
        The bars, in the order in which they began.

    Raises:
        PlaygroundError: the tasks have not ended in time.
    """
    tasks: dict[str, dict[str, Event]] = {}

    def keep(event: Event) -> None:
        if 'uuid' in event:
            tasks.setdefault(event['uuid'], {})[event['type']] = event

    deadline = time.monotonic() + SECONDS
    with app.connection_for_read() as connection:
        capture = app.events.Receiver(connection, {'*': keep}).itercapture(timeout=SECONDS)
        next(capture)  # A heartbeat, for which the receiver asks: from now on nothing is missed.
        call = time.time()
        result = canvas.apply_async()
        for _ in capture:
            if result.ready() and all(_is_complete(events) for events in tasks.values()):
                result.forget()
                return sorted((_bar(events, call) for events in tasks.values()), key=_begin)
            if time.monotonic() > deadline:
                break
    raise PlaygroundError(f'the tasks have not ended within {SECONDS:.0f} seconds: run this again')


def _is_complete(events: dict[str, Event]) -> bool:
    return PROCESS_EVENT in events and any(end in events for end in ENDS)


def _bar(events: dict[str, Event], call: float) -> Bar:
    end = next(events[end] for end in ENDS if end in events)
    return Bar(
        task=events['task-received']['name'].rpartition('.')[2],
        process=events[PROCESS_EVENT]['process'],
        begin=events['task-started']['timestamp'] - call,
        end=end['timestamp'] - call,
    )


def _begin(bar: Bar) -> float:
    return bar.begin
