"""The clocks of make faults: a program that follows one is as wrong as it, with its processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.faults.clock import Clock
from playground.virtual_environment import REPOSITORY
from playground.waiting import wait_until

SECONDS = 30.0
# Parent and child say again and again by how much their two ways to ask for the time are wrong.
PROGRAM = """
import os, sys, time
from datetime import datetime
from pathlib import Path
from lab.faults.clock import follow
right_time = follow(Path(sys.argv[1]))
name = 'parent' if os.fork() else 'child'
begin, begin_monotonic = right_time(), time.monotonic()
while True:
    now = right_time()
    wrong = time.time() - now, datetime.now().timestamp() - now
    steady = time.monotonic() - begin_monotonic - (now - begin)
    print(name, *(round(seconds) for seconds in (*wrong, steady)), flush=True)
    time.sleep(0.05)
"""


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path / 'clock')


@pytest.fixture
def output(clock: Clock, tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / 'output'
    with path.open('w') as file:
        program = subprocess.Popen(
            [sys.executable, '-c', PROGRAM, str(tmp_path / 'clock')],
            stdout=file,
            cwd=REPOSITORY,
            start_new_session=True,
        )
    yield path
    os.killpg(program.pid, signal.SIGKILL)
    program.wait(SECONDS)


def says(output: Path, wrong_by: int) -> bool:
    """Wait until both processes have said by how much they are wrong, and time goes on steadily."""
    lines = {f'{name} {wrong_by} {wrong_by} 0' for name in ('parent', 'child')}
    return wait_until(lambda: lines <= set(output.read_text().splitlines()), SECONDS)


def test_a_program_is_as_wrong_as_its_clock(output: Path, clock: Clock) -> None:
    assert says(output, 0)
    clock.set(7200.0)
    assert says(output, 7200)
    clock.set(-10.0)
    assert says(output, -10)
    assert clock.wrong_by == -10.0


def test_a_program_that_follows_none_is_right(clock: Clock, tmp_path: Path) -> None:
    clock.set(7200.0)
    now = tmp_path / 'now'
    now.touch()
    assert abs(time.time() - now.stat().st_mtime) < 1
