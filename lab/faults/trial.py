"""One row of the table: tasks, a fault that is repeated, and what is left when nothing moves."""

import contextlib
import dataclasses
import functools
import random
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from celery import Celery
from celery.states import READY_STATES

from lab.faults import profiles
from lab.faults.app import CLOCK
from lab.faults.beats import Beats
from lab.faults.caller import Caller
from lab.faults.clock import Clock
from lab.faults.count import count, longest_pause, most_runs, within
from lab.faults.fault import Fault, Moment, Scene
from lab.faults.ledger import EFFECT, EFFECT_ONCE, START, Ledger
from lab.faults.link import Link
from lab.faults.strikes import nothing
from lab.faults.worker import Worker, environment
from lab.servers import Server
from playground.session import Session
from playground.waiting import wait_until

# A retry waits for a second, where neither the queue nor the worker shows it.
STILL_SECONDS = 4.0
# Longer than the visibility timeout of profiles.py and the start of a process.
STUCK_SECONDS = 60.0
# So often one is killed and started again where it is idle no more, and does nothing.
MOST_HANGS = 2
# So often one is started again that ends by itself, beside once for each strike.
MOST_STARTS = 5
# Each question costs a connection, and time of the processor.
SECONDS_BETWEEN_QUESTIONS = 0.5
# What an application sends while a broker is away.
SECONDS_BETWEEN_CALLS = 0.02


@dataclass(frozen=True)
class Size:
    """How much is done in a row.

    Attributes:
        strikes: how often the fault is repeated.
        tasks: how many tasks are sent before each, or at least while it strikes.
        away_seconds: how long a node of a cluster is away.
    """

    strikes: int
    tasks: int
    away_seconds: float = 0.0


@contextlib.contextmanager
def linked(server: Server) -> Iterator[tuple[Server, Link]]:
    """Lead the clients of a broker through a link.

    Args:
        server: the broker.

    Yields:
        The same broker at the other end of a link, and the link.
    """
    link = Link(server.port)
    url = urlsplit(server.broker_url)
    address = url.netloc.rpartition(':')[0]
    through = url._replace(netloc=f'{address}:{link.port}').geturl()
    try:
        yield dataclasses.replace(server, broker_url=through), link
    finally:
        link.close()


class Trial:
    """One fault, one profile, one broker."""

    def __init__(
        self, session: Session, server: Server, fault: Fault, profile: str, size: Size, seed: int
    ) -> None:
        """Choose the trial; nothing is started.

        Args:
            session: owns what is started.
            server: the broker and the result backend.
            fault: what is done.
            profile: with which settings.
            size: how much.
            seed: chooses the moments.
        """
        self._session = session
        self._server = server
        self._fault = fault
        self._profile = profile
        self._size = size
        self._seed = seed
        self._chance = random.Random(f'{seed} {fault.name} {profile} {server.broker}')
        self._faults: list[float] = []
        self._further = fault.settings.get(profile, {})

    def run(self) -> dict[str, Any]:
        """Run it to its end.

        Returns:
            What was chosen, and what was counted.

        Raises:
            PlaygroundError: a server or a worker does not start.
        """
        begin = time.monotonic()
        queue = self._server.new_queue()
        path = self._session.folder / f'{uuid.uuid4().hex}.sqlite3'
        self._ledger = Ledger(path)
        self._ledger.make()
        with contextlib.ExitStack() as stack:
            server, link = self._server, None
            if self._fault.linked:
                server, link = stack.enter_context(linked(server))
            stack.enter_context(self._fault.arrange(self._server))
            programs = environment(server, self._profile, queue, self._further, str(path))
            by_clock, clock = programs, None
            if self._fault.with_clock:
                file = path.with_suffix('.clock')
                by_clock, clock = {**programs, CLOCK: str(file)}, Clock(file)
            beats = None
            if self._fault.beats:
                beats = Beats(self._session, by_clock, self._fault.beats)
                stack.callback(beats.kill)
            self._worker = Worker(self._session, programs if beats else by_clock)
            stack.callback(self._worker.kill)
            self._scene = Scene(
                self._worker, server, link, beats, clock, self._chance, self._size.away_seconds
            )
            settings = profiles.settings(self._profile, queue, self._further)
            self._gives_back = profiles.gives_back_in_time(settings)
            self._caller = Caller(server, settings)
            self._make_the_queue(queue)
            if beats:
                self._tick(beats)
            else:
                for _ in range(self._size.strikes):
                    self._send_and_strike()
            stays = self._wait_until_nothing_moves(queue)
            with self._caller.app() as app:
                waiting, held = server.ready(app, queue), server.held()
                states = self._states(app) if self._fault.looks_at_results else {}
            notices = {
                meaning: self._worker.said(text) for text, meaning in self._fault.notices.items()
            }
        readings = self._ledger.read()
        done = set(readings.effects)
        if self._fault.beats:
            # Slots in which the beats were started and ended tell nothing.
            readings = within(self._caller.attempted, readings)
        return {
            'fault': self._fault.name,
            'profile': self._profile,
            'broker': self._server.broker,
            'version': self._server.version,
            'strikes': self._size.strikes,
            'seed': self._seed,
            **asdict(count(self._caller.attempted, self._caller.accepted, readings)),
            'errors': dict(self._caller.errors),
            'done without a result': sum(
                number in done and state not in READY_STATES for number, state in states.items()
            ),
            'states': Counter(states.values()),
            'notices': notices,
            'most runs of a task': most_runs(readings),
            'still in the broker': waiting + held,
            'starts of the worker': self._worker.starts,
            'hangs of the worker': self._worker.hangs,
            'the worker stays': stays,
            'seconds to recover': longest_pause(self._faults, readings.moments),
            'seconds': time.monotonic() - begin,
        }

    def _make_the_queue(self, queue: str) -> None:
        with self._caller.app() as app, app.connection_for_write() as connection:
            app.amqp.queues[queue](connection.default_channel).declare()
        time.sleep(self._fault.queue_age)

    def _send_and_strike(self) -> None:
        if self._fault.moment is not Moment.AFTER_SENDING:
            self._worker.keep()
        # Before they are sent: the worker may begin some while others are being sent.
        begun, _ = self._ledger.progress()
        with self._caller.app() as app:
            call = functools.partial(self._caller.call, app, self._send)
            if self._fault.moment is Moment.WHILE_SENDING:
                self._strike_while(call)
            else:
                for _ in range(self._size.tasks):
                    call()
            self._caller.finish(app)
        if self._fault.moment is Moment.AT_WORK:
            self._wait_for_the_moment(begun + self._chance.randint(1, self._size.tasks // 2))
        if self._fault.moment is not Moment.WHILE_SENDING:
            self._strike()

    def _tick(self, beats: Beats) -> None:
        """Have beats send tasks; a slot that is over was attempted, and should have its task."""
        self._worker.keep()
        first = beats.start() + 1
        for _ in range(self._size.strikes):
            if self._fault.strike is nothing:
                beats.wait_for_slots(self._size.tasks)
            else:
                self._strike()
        last = beats.end() - 1
        self._caller.attempted = list(range(first, last + 1))
        self._caller.accepted = dict.fromkeys(self._caller.attempted, '')

    def _send(self, app: Celery, number: int) -> str:
        return self._fault.send(app, self._fault, number)

    def _strike(self) -> None:
        self._faults.append(time.monotonic())
        self._fault.strike(self._scene)

    def _strike_while(self, call: functools.partial[None]) -> None:
        with ThreadPoolExecutor(1) as other:
            strike = None
            sent = 0
            while sent < self._size.tasks or strike is None or not strike.done():
                call()
                sent += 1
                if strike is None and sent >= self._size.tasks // 2:
                    strike = other.submit(self._strike)
                time.sleep(SECONDS_BETWEEN_CALLS)
            strike.result()

    def _wait_for_the_moment(self, enough: int) -> None:
        """Wait until so many runs have begun, and the last one is at work."""

        def has_come() -> bool:
            begun, noted = self._ledger.progress()
            return begun >= enough and self._is_at_work(noted)

        if not wait_until(has_come, STUCK_SECONDS, self._stays):
            self._worker.kill_for_hanging()

    def _is_at_work(self, noted: str | None) -> bool:
        """Whether the last run is before its effect, or after it, as the fault wants it."""
        if self._fault.before:
            return noted == START
        return noted in (EFFECT, EFFECT_ONCE)

    def _stays(self) -> bool:
        """Start the worker if it does not run, as a service manager does, unless in vain."""
        if self._worker.runs:
            return True
        if self._worker.starts > self._size.strikes + MOST_STARTS:
            return False
        self._worker.keep()
        return True

    def _wait_until_nothing_moves(self, queue: str) -> bool:
        """Return whether a worker runs in the end."""
        moved, size, hangs = time.monotonic(), self._ledger.size(), 0
        idle_since: float | None = None
        while self._stays():
            idle = self._is_idle(queue)
            now, found = time.monotonic(), self._ledger.size()
            if found != size:
                moved, size, idle_since = now, found, None
            if not idle:
                idle_since = None
            elif idle_since is None:
                idle_since = now
            elif now - idle_since > STILL_SECONDS:
                return True
            if now - moved > STUCK_SECONDS:
                if hangs == MOST_HANGS:
                    return True
                hangs += 1
                self._worker.kill_for_hanging()
                moved = time.monotonic()
            time.sleep(SECONDS_BETWEEN_QUESTIONS)
        return False

    def _is_idle(self, queue: str) -> bool:
        if self._gives_back and self._server.held():
            return False
        with self._caller.app() as app:
            return not self._server.ready(app, queue) and self._worker.is_idle(app)

    def _states(self, app: Celery) -> dict[int, str]:
        """What the result of each task says, by its number."""
        accepted = self._caller.accepted.items()
        return {number: app.AsyncResult(task_id).state for number, task_id in accepted}
