"""The command line of the programs: send tasks, at once or at a rate, and say how long it took."""

import argparse
import time
from collections.abc import Callable

from lab.throughput.marks import shared


def main(send: Callable[[int], object], finish: Callable[[], object] = lambda: None) -> None:
    """Send the tasks that the command line asks for, and print the seconds.

    Args:
        send: sends the task with this number.
        finish: returns when all that was sent is at the broker, as far as the library knows.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument('first', type=int, help='number of the first task')
    parser.add_argument('tasks', type=int, help='how many')
    parser.add_argument('--rate', type=float, help='how many a second; without it, at once')
    given = parser.parse_args()
    marks, begin = shared(), time.monotonic()
    for position in range(given.tasks):
        if given.rate:
            time.sleep(max(0, begin + position / given.rate - time.monotonic()))
        marks.send(given.first + position)
        send(given.first + position)
    finish()
    print(time.monotonic() - begin)
