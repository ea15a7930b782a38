"""A clock that is wrong for one program, and right for all others."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

# So often a program looks whether its clock was set.
SECONDS_BETWEEN_LOOKS = 0.05


class Clock:
    """The clock of the Python programs that follow it; other programs keep the machine's."""

    def __init__(self, path: Path) -> None:
        """Make a clock that is right.

        Args:
            path: the file that says how wrong it is; it is made.
        """
        self._path = path
        self.wrong_by = 0.0
        self.set(0.0)

    def set(self, seconds: float) -> None:
        """Set it; the programs that follow it do so within a tenth of a second.

        Args:
            seconds: how far it is ahead, or behind if negative.
        """
        self.wrong_by = seconds
        new = self._path.with_suffix('.new')
        new.write_text(str(seconds))
        new.replace(self._path)


def follow(path: Path) -> Callable[[], float]:
    """Have this program, and those that it forks, tell the time by a clock.

    Only the time of day is wrong then. ``time.monotonic`` goes on, as on a machine whose clock is
    set.

    Args:
        path: the file of a ``Clock``.

    Returns:
        What tells the time of the machine still, as ``time.time`` did.
    """
    # A tenth of a second, which the start of other programs is not to take.
    import time_machine

    right_time = time_machine.escape_hatch.time.time
    traveller = time_machine.travel(time.time(), tick=True).start()

    def keep_looking() -> None:
        last = ''
        while True:
            seconds = path.read_text()
            if seconds != last:
                last = seconds
                traveller.move_to(right_time() + float(seconds))
                time.time()  # it stands still until it is asked
            time.sleep(SECONDS_BETWEEN_LOOKS)

    def look() -> None:
        threading.Thread(target=keep_looking, daemon=True).start()

    os.register_at_fork(after_in_child=look)
    look()
    return right_time
