"""One row of the table: tasks, a fault that is repeated, and what is left when nothing moves."""

import random
import time
import uuid
from dataclasses import asdict, dataclass
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError

from lab.faults import profiles
from lab.faults.app import NAME
from lab.faults.count import count, longest_pause
from lab.faults.experiments import Fault
from lab.faults.ledger import EFFECT, EFFECT_ONCE, START, Ledger, Readings
from lab.faults.servers import Server
from lab.faults.worker import Worker
from playground.errors import PlaygroundError
from playground.session import Session
from playground.waiting import wait_until

# A retry waits for a second, where neither the queue nor the worker shows it.
STILL_SECONDS = 4.0
# Longer than the visibility timeout of profiles.py and the start of a process.
STUCK_SECONDS = 120.0


@dataclass(frozen=True)
class Size:
    """How much is done in a row.

    Attributes:
        strikes: how often the fault is repeated.
        tasks: how many tasks are sent before each.
    """

    strikes: int
    tasks: int


class Trial:
    """One fault, one profile, one broker."""

    def __init__(
        self, session: Session, server: Server, fault: Fault, profile: str, size: Size, seed: int
    ) -> None:
        """Make the ledger; nothing is started.

        Args:
            session: owns what is started.
            server: the broker and the result backend.
            fault: what is done.
            profile: with which settings.
            size: how much.
            seed: chooses the moments.
        """
        self._server = server
        self._fault = fault
        self._profile = profile
        self._size = size
        self._seed = seed
        self._chance = random.Random(f'{seed} {fault.name} {profile} {server.broker}')
        self._queue = server.new_queue()
        path = session.folder / f'{uuid.uuid4().hex}.sqlite3'
        self._ledger = Ledger(path)
        self._ledger.make()
        self._worker = Worker(session, server, profile, self._queue, str(path))
        self._app = Celery(
            'caller',
            broker=server.broker_url,
            backend=server.result_backend,
            set_as_current=False,
        )
        self._app.conf.update(profiles.settings(profile, self._queue))
        self._attempted: list[int] = []
        self._accepted: list[int] = []
        self._faults: list[float] = []

    def run(self) -> dict[str, Any]:
        """Run it to its end.

        Returns:
            What was chosen, and what was counted.

        Raises:
            PlaygroundError: a worker does not start, or the work does not come to an end.
        """
        begin = time.monotonic()
        self._worker.start()
        for _ in range(self._size.strikes):
            # Before they are sent: the worker may begin some while others are being sent.
            begun = len(self._ledger.read().starts)
            self._send()
            self._wait_for_the_moment(begun + self._chance.randint(1, self._size.tasks // 2))
            self._faults.append(time.monotonic())
            self._fault.strike(self._worker, self._chance)
            if self._fault.ends_the_worker:
                self._worker.start()
        self._wait_until_nothing_moves()
        waiting, held = self._server.ready(self._app, self._queue), self._server.held()
        self._worker.kill()
        self._app.close()
        readings = self._ledger.read()
        return {
            'fault': self._fault.name,
            'profile': self._profile,
            'broker': self._server.broker,
            'version': self._server.version,
            'strikes': self._size.strikes,
            'seed': self._seed,
            **asdict(count(self._attempted, self._accepted, readings)),
            'still in the broker': waiting + held,
            'starts of the worker': self._worker.starts,
            'seconds to recover': longest_pause(self._faults, readings.moments),
            'seconds': time.monotonic() - begin,
        }

    def _send(self) -> None:
        for _ in range(self._size.tasks):
            number = len(self._attempted)
            self._attempted.append(number)
            arguments = (number, self._fault.before, self._fault.after)
            try:
                self._app.send_task(f'{NAME}.work', arguments)
            except OperationalError:
                continue
            self._accepted.append(number)

    def _wait_for_the_moment(self, enough: int) -> None:
        """Wait until so many runs have begun, and the last one is at work."""

        def has_come() -> bool:
            readings = self._ledger.read()
            return len(readings.starts) >= enough and self._is_at_work(readings)

        if not wait_until(has_come, STUCK_SECONDS, lambda: self._worker.runs):
            raise self._stuck('no task was at work')

    def _is_at_work(self, readings: Readings) -> bool:
        """Whether the last run is before its effect, or after it, as the fault wants it."""
        if self._fault.before:
            return readings.last == START
        return readings.last in (EFFECT, EFFECT_ONCE)

    def _wait_until_nothing_moves(self) -> None:
        moved, size = time.monotonic(), self._ledger.size()
        idle_since: float | None = None
        while True:
            idle = self._is_idle()
            now, found = time.monotonic(), self._ledger.size()
            if found != size:
                moved, size, idle_since = now, found, None
            if not idle:
                idle_since = None
            elif idle_since is None:
                idle_since = now
            elif now - idle_since > STILL_SECONDS:
                return
            if now - moved > STUCK_SECONDS:
                raise self._stuck('nothing moves, and the worker is not idle')
            time.sleep(0.2)

    def _is_idle(self) -> bool:
        comes_back = profiles.gives_back_in_time(self._profile) and self._server.held()
        return (
            not comes_back
            and not self._server.ready(self._app, self._queue)
            and self._worker.is_idle(self._app)
        )

    def _stuck(self, what: str) -> PlaygroundError:
        return PlaygroundError(
            f'{self._fault.name} with {self._profile} on {self._server.broker}: for'
            f' {STUCK_SECONDS:.0f} seconds {what}; {self._worker.terminal.last_words()}'
        )
