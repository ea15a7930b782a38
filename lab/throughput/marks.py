"""Shared memory in which each task notes that it has run, whatever process or library runs it."""

import functools
import itertools
import mmap
import os
import time
from array import array
from pathlib import Path
from typing import Final

FILE, TASKS = 'THROUGHPUT_MARKS', 'THROUGHPUT_TASKS'

# The types of the notes below, as array knows them.
MOMENT: Final = 'd'
PROCESS: Final = 'i'
RUNS: Final = 'B'


class Marks:
    """The notes of tasks, which have the numbers from 0. To write one takes a microsecond.

    Attributes:
        sent: when each task was sent, in seconds of a clock that never steps.
        done: when each one ran last.
        process: in which process that was.
        runs: how often each one ran.
    """

    def __init__(self, path: Path, tasks: int) -> None:
        """Open the file, or make it.

        Args:
            path: where all processes find it.
            tasks: how many there are.
        """
        sizes = [tasks * array(kind).itemsize for kind in (MOMENT, MOMENT, PROCESS, RUNS)]
        with path.open('a+b') as file:
            file.truncate(sum(sizes))
            whole = memoryview(mmap.mmap(file.fileno(), 0))
        ends = list(itertools.accumulate(sizes))
        self.sent = whole[: ends[0]].cast(MOMENT)
        self.done = whole[ends[0] : ends[1]].cast(MOMENT)
        self.process = whole[ends[1] : ends[2]].cast(PROCESS)
        self.runs = whole[ends[2] :].cast(RUNS)

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
        """How many tasks have run at least once."""
        return len(self.runs) - bytes(self.runs).count(0)

    @property
    def repeated(self) -> int:
        """How many runs there were after the first one of a task."""
        return sum(self.runs) - self.ran


@functools.cache
def shared() -> Marks:
    """The notes that two environment variables name."""
    return Marks(Path(os.environ[FILE]), int(os.environ[TASKS]))
