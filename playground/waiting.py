"""Waits for what cannot be awaited: another process that becomes ready."""

import time
from collections.abc import Callable

INTERVAL = 0.01
LONGEST_PAUSE = 1.0


def wait_until(
    condition: Callable[[], bool], seconds: float, goes_on: Callable[[], bool] = lambda: True
) -> bool:
    """Wait until a condition holds, but no longer than a limit.

    Args:
        condition: asked again after 10 ms, or after a pause as long as its answer took, so that
            a question that is costly to ask does not take the time from what is waited for.
        seconds: the limit.
        goes_on: as soon as it says no, the wait is over.

    Returns:
        Whether the condition held in the end.
    """
    deadline = time.monotonic() + seconds
    asked = time.monotonic()
    while not condition():
        answered = time.monotonic()
        if answered > deadline or not goes_on():
            return condition()
        time.sleep(min(max(INTERVAL, answered - asked), LONGEST_PAUSE))
        asked = time.monotonic()
    return True
