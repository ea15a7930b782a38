"""Shared memory in which a task notes that it has run: neutral, for it takes under a microsecond."""

import array
import mmap
import os
import time
from pathlib import Path

# For each task: how often it ran, when it was sent, when it ran, and in which process.
RUNS, SENT, DONE, PROCESS = 'B', 'd', 'd', 'i'


class Marks:
    """The notes of some tasks, which have the numbers from 0.

    Attributes:
        runs: how often each one ran.
        sent: when each one was sent, in seconds of the clock that never steps.
        done: when each one ran the last time.
        process: the process in which that was.
    """

    def __init__(self, path: Path, tasks: int) -> None:
        """Open the file, and make it if it is not there.

        Args:
            path: the file that all processes share.
            tasks: how many there are.
        """
        sizes = [tasks * array.array(code).itemsize for code in (SENT, DONE, PROCESS, RUNS)]
        with path.open('a+b') as file:
            file.truncate(sum(sizes))
            view = memoryview(mmap.mmap(file.fileno(), 0))
        parts = []
        for size, code in zip(sizes, (SENT, DONE, PROCESS, RUNS), strict=True):
            parts.append(view[:size].cast(code))
            view = view[size:]
        self.sent, self.done, self.process, self.runs = parts

    def send(self, number: int) -> None:
        """Note that a task is sent now."""
        self.sent[number] = time.monotonic()

    def run(self, number: int) -> None:
        """Note that a task runs now."""
        self.done[number] = time.monotonic()
        self.process[number] = os.getpid()
        self.runs[number] += 1

    @property
    def ran(self) -> int:
        """How many tasks have run, each counted once."""
        return len(self.runs) - bytes(self.runs).count(0)

    @property
    def twice(self) -> int:
        """How many runs there were beside the first ones."""
        return sum(self.runs) - self.ran
