"""Beats that send the tasks of a trial, and are killed around their ticks."""

import itertools
import random
import time
from collections.abc import Mapping

from lab.faults.app import NAME, SLOT_SECONDS, slot
from playground.session import Session
from playground.terminal import Terminal

NUMBERS = itertools.count(1)
SECONDS = 60.0
SENT = 'Scheduler: Sending due task'
# A kill is at most so long before a tick, or after it.
AROUND_SECONDS = 0.3


class Beats:
    """Beats with the same schedule, each with a schedule file of its own."""

    def __init__(self, session: Session, environment: Mapping[str, str], number: int) -> None:
        """Choose them; nothing is started.

        Args:
            session: owns them and their files.
            environment: of their app.
            number: how many.
        """
        self._session = session
        self._environment = environment
        self._files = [session.folder / f'beat-schedule-{next(NUMBERS)}' for _ in range(number)]
        self._terminals: list[Terminal] = []

    def start(self) -> int:
        """Start them, and wait until each has ticked.

        Returns:
            The slot in which the last one has.
        """
        self._terminals = [self._start(index) for index in range(len(self._files))]
        for terminal in self._terminals:
            terminal.wait_for(SENT, SECONDS)
        return slot()

    def wait_for_slots(self, number: int) -> None:
        """Wait until so many slots have begun."""
        _sleep_until(slot() + number)

    def kill_around_a_tick(self, chance: random.Random) -> None:
        """Kill the first one around a tick, start it again, and wait until it has ticked.

        Args:
            chance: chooses the moment.
        """
        _sleep_until(slot() + 1, chance.uniform(-AROUND_SECONDS, AROUND_SECONDS))
        self._terminals[0].kill()
        self._terminals[0] = self._start(0)
        self._terminals[0].wait_for(SENT, SECONDS)

    def wait_for_a_tick(self) -> None:
        """Wait until the first one ticks again."""
        terminal = self._terminals[0]
        ticks = terminal.output.count(SENT)
        terminal.wait_until(
            lambda output: output.count(SENT) > ticks, SECONDS, f'“{SENT}” once more'
        )

    def kill(self) -> None:
        """Kill those that run."""
        for terminal in self._terminals:
            terminal.kill()

    def end(self) -> int:
        """End them in the middle of a slot, after their ticks.

        Returns:
            This slot.
        """
        last = slot() + 1
        _sleep_until(last, SLOT_SECONDS / 2)
        for terminal in self._terminals:
            terminal.stop()
        return last

    def _start(self, index: int) -> Terminal:
        command = f'exec celery -A {NAME} beat -l info --pidfile= -s "$FAULTS_BEAT_FILE"'
        environment = {**self._environment, 'FAULTS_BEAT_FILE': str(self._files[index])}
        return Terminal(self._session, f'beat-{next(NUMBERS)}', command, environment)


def _sleep_until(number: int, seconds: float = 0.0) -> None:
    """Sleep until so long after the begin of a slot, or before it."""
    time.sleep(max(0.0, number * SLOT_SECONDS + seconds - time.time()))
