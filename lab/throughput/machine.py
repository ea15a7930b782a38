"""What the machine does before and while something is measured."""

import time

import psutil

from playground.waiting import wait_until

# A machine is busy of which other programs take more than this share.
BUSY = 0.1
# Our programs are at rest if they take less than this share of one processor for so long.
AT_REST, REST_SECONDS = 0.1, 0.2
SETTLE_SECONDS = 10.0


def settle() -> None:
    """Wait until our programs are at rest, but no longer than ten seconds.

    A broker that still writes what it was sent would take its time from what is measured next.
    """
    since, spent = time.monotonic(), _own()

    def at_rest() -> bool:
        nonlocal since, spent
        seconds = time.monotonic() - since
        if seconds < REST_SECONDS:
            return False
        before, since, spent = spent, time.monotonic(), _own()
        return spent - before < AT_REST * seconds and not _waits_for_a_processor()

    wait_until(at_rest, SETTLE_SECONDS)


class Others:
    """What programs take of all processors that are not ours, from now on."""

    def __init__(self) -> None:
        """Begin."""
        self._busy, self._total, self._own = _times()

    def share(self) -> float:
        """Their share since the beginning, 0 to 1."""
        busy, total, own = _times()
        others = busy - self._busy - (own - self._own)
        return max(0.0, others / (total - self._total)) if total > self._total else 0.0


def _times() -> tuple[float, float, float]:
    """Seconds of all processors: the busy ones, all, and those of our programs."""
    times = psutil.cpu_times()
    # A guest's time is in that of the user already.
    total = sum(times) - getattr(times, 'guest', 0.0) - getattr(times, 'guest_nice', 0.0)
    idle = times.idle + getattr(times, 'iowait', 0.0)
    return total - idle, total, _own()


def _waits_for_a_processor() -> bool:
    """Whether a program of ours would take time if it got some: a busy machine gives it little."""
    for process in psutil.Process().children(recursive=True):
        try:
            if process.status() == psutil.STATUS_RUNNING:
                return True
        except psutil.NoSuchProcess:
            continue
    return False


def _own() -> float:
    """Seconds of all processors that our programs have taken."""
    own, us = 0.0, psutil.Process()
    for process in (us, *us.children(recursive=True)):
        try:
            # With those of children that have ended.
            own += sum(process.cpu_times()[:4])
        except psutil.NoSuchProcess:
            continue
    return own
