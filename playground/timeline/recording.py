"""Records one run of a canvas from the events that its worker sends."""

import time
from dataclasses import dataclass
from typing import Any

from celery import Celery, Signature
from celery.result import AsyncResult, GroupResult

from playground.errors import PlaygroundError

SECONDS = 30.0

# Sent by announcer.py, which only a worker may import: it makes every task of its process send.
PROCESS_EVENT = 'task-process'
FAILURE = 'task-failed'
ENDS = ('task-succeeded', FAILURE)

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


class Recording:
    """What has been heard of the tasks of one canvas, in whatever order the events came."""

    def __init__(self, result: AsyncResult | GroupResult) -> None:
        """Learn from the result of a canvas which tasks there will be.

        Args:
            result: what the call of the canvas returned.
        """
        self._tasks_before = _tasks_before(result)
        self._events: dict[str, dict[str, Event]] = {task: {} for task in self._tasks_before}

    def hear(self, event: Event) -> None:
        """Keep an event, if it is one of these tasks.

        Args:
            event: what a worker sent.
        """
        if event.get('uuid') in self._events:
            self._events[event['uuid']][event['type']] = event

    def is_over(self) -> bool:
        """Tell whether all is known of every task that runs: none does after one that failed."""
        return all(
            _is_complete(self._events[task])
            or any(FAILURE in self._events[earlier] for earlier in before)
            for task, before in self._tasks_before.items()
        )

    def bars(self, call: float) -> list[Bar]:
        """Make a bar of each task that ran.

        Args:
            call: when the canvas was called, in seconds since the epoch.

        Returns:
            The bars, in the order in which they began.
        """
        ran = [events for events in self._events.values() if _is_complete(events)]
        return sorted((_bar(events, call) for events in ran), key=_begin)


def record(app: Celery, canvas: Signature) -> list[Bar]:
    """Call a canvas and follow its tasks until the last one has ended.

    Args:
        app: its broker carries the events.
        canvas: what to call.

    Returns:
        The bars, in the order in which they began.

    Raises:
        PlaygroundError: the tasks have not ended in time.
    """
    deadline = time.monotonic() + SECONDS
    with app.connection_for_read() as connection:
        receiver = app.events.Receiver(connection)
        capture = receiver.itercapture(timeout=SECONDS)
        try:
            next(capture)  # A heartbeat, for which the receiver asks: now nothing is missed.
            call = time.time()
            result = canvas.apply_async()
            recording = Recording(result)
            receiver.handlers['*'] = recording.hear
            for _ in capture:
                if recording.is_over():
                    result.forget()
                    return recording.bars(call)
                if time.monotonic() > deadline:
                    break
        except TimeoutError:
            pass
    raise PlaygroundError(f'the tasks have not ended within {SECONDS:.0f} seconds: run this again')


def _tasks_before(
    result: AsyncResult | GroupResult, before: frozenset[str] = frozenset()
) -> dict[str, frozenset[str]]:
    """Map the id of each task of a canvas to those of all that have to succeed before it runs."""
    found: dict[str, frozenset[str]] = {}
    if result.parent is not None:
        found |= _tasks_before(result.parent, before)
        before |= found.keys()
    if isinstance(result, GroupResult):
        for member in result.results:
            found |= _tasks_before(member, before)
    else:
        found[result.id] = before
    return found


def _is_complete(events: dict[str, Event]) -> bool:
    known = {'task-received', 'task-started', PROCESS_EVENT} <= events.keys()
    return known and any(end in events for end in ENDS)


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
