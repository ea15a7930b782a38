"""Compares the clocks of the workers with ours, by the heartbeats that they send by themselves."""

import time
from collections.abc import Iterator
from typing import Any

from playground.doctor.entries import Entry
from playground.doctor.findings import Finding, counted, fault, ok, unknown

# A worker sends a heartbeat every two seconds.
SECONDS_TO_LISTEN = 2.2
# Celery itself warns from 16 seconds on (celery/events/state.py).
MOST_SECONDS_APART = 15.0


def listen(connection: Any, app: Any) -> dict[str, float]:
    """Listen to heartbeats for a while, on a queue of our own that goes with the connection.

    Args:
        connection: to the broker, used for nothing else.
        app: whose settings say where events go.

    Returns:
        By node, how many seconds its clock is behind ours.
    """
    found: dict[str, float] = {}

    def receive(body: Any, message: Any) -> None:
        for event in body if isinstance(body, list) else [body]:
            if 'timestamp' in event and 'hostname' in event:
                late = time.time() - event['timestamp']
                before = found.get(event['hostname'], late)
                found[event['hostname']] = min(before, late, key=abs)

    receiver = app.events.Receiver(connection, app=app)
    deadline = time.monotonic() + SECONDS_TO_LISTEN
    consumer = connection.Consumer(
        [receiver.queue], callbacks=[receive], no_ack=True, accept=receiver.accept
    )
    # The queue goes with the channel of the connection, and so does what Redis has noted of it.
    with connection, consumer:
        while (left := deadline - time.monotonic()) > 0:
            try:
                connection.drain_events(timeout=left)
            except TimeoutError:
                break
    return found


def check_clocks(behind: dict[str, float]) -> Iterator[Finding]:
    """Judge how far the clocks are apart.

    Args:
        behind: what ``listen`` returns.
    """
    apart = {node: s for node, s in behind.items() if abs(s) > MOST_SECONDS_APART}
    for node, seconds in sorted(apart.items()):
        way = 'behind' if seconds > 0 else 'ahead of'
        yield fault(
            'clocks',
            f'the clock of {node} is {abs(seconds):.0f} s {way} this one: eta, countdown and'
            ' expires come at the wrong time',
            'set both by a time server: timedatectl',
            Entry.CLOCKS_DIFFER,
        )
    if not behind:
        yield unknown('clocks', 'no worker sent a heartbeat', 'compare them yourself: date -u')
    elif not apart:
        yield ok('clocks', f'as this one: {counted(len(behind), "worker")}')
