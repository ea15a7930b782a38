"""Waits for what cannot be awaited: another process that becomes ready."""

import time
from collections.abc import Callable

INTERVAL = 0.01


def wait_until(
    condition: Callable[[], bool], seconds: float, goes_on: Callable[[], bool] = lambda: True
) -> bool:
    """Wait until a condition holds, but no longer than a limit.

    Args:
        condition: asked again every 10 ms.
        seconds: the limit.
        goes_on: as soon as it says no, the wait is over.

    Returns:
        Whether the condition held in the end.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline or not goes_on():
            return condition()
        time.sleep(INTERVAL)
    return True
