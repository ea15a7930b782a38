"""Runs the trials that a results file does not have yet, and shows them."""

import os
import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from lab import containers, servers
from lab.faults import picture, profiles, published, report
from lab.faults.experiments import FAULTS
from lab.faults.fault import Fault
from lab.faults.trial import Size, Trial
from lab.results import Results, Row, choices
from playground import docker
from playground.errors import PlaygroundError
from playground.session import Session

FOLDER = Path(__file__).parent
# Committed, and shown on the page; a reader's own run does not touch it.
SHOWN = FOLDER / 'results.json'
OWN = FOLDER / 'own-results.json'
OWN_QUICK = FOLDER / 'own-quick-results.json'

# Trials at the same time. They wait most of the time, but a start of a worker does not.
AT_ONCE = 2 * (os.cpu_count() or 1)

SEED = 20261128

# A trial is known by these.
KEYS = ('fault', 'profile', 'broker')
# What the full mode sends for one task of the quick mode: 5,000 tasks a row for most.
FULL_FACTOR = 2.5


@dataclass(frozen=True)
class LeftOut:
    """Rows that cannot be had on this machine.

    Attributes:
        rows: how many.
        reason: a sentence.
    """

    rows: int
    reason: str


Ended = Row | LeftOut | Exception


@dataclass(frozen=True)
class Lane:
    """The trials that one broker and one profile go through, one after the other.

    Attributes:
        broker: one of ``servers.LOCAL`` or ``servers.CONTAINERS``.
        profile: one of ``profiles.NAMES``.
        faults: what is still to be done.
    """

    broker: str
    profile: str
    faults: Sequence[Fault]

    def run(
        self,
        session: Session,
        quick: bool,
        turns: threading.Semaphore,
        ended: queue.Queue[Ended],
    ) -> None:
        """Start the servers, run the trials, and hand over each row, or what went wrong.

        Args:
            session: owns the servers.
            quick: whether each fault is done a few times only.
            turns: as many trials as run at the same time.
            ended: takes the rows.
        """
        try:
            try:
                server = servers.start(session, self.broker)
            except containers.NotStartedError as error:
                reason = f'{self.broker}, {self.profile}: left out, for {error}'
                ended.put(LeftOut(len(self.faults), reason))
                return
            for fault in self.faults:
                with turns:
                    trial = Trial(session, server, fault, self.profile, size(fault, quick), SEED)
                    ended.put(trial.run())
        # The main thread ends the session for any of them.
        except Exception as error:
            ended.put(error)


def size(fault: Fault, quick: bool) -> Size:
    """How much of a fault is done.

    Args:
        fault: it.
        quick: whether it is done a few times only.
    """
    if quick:
        return Size(fault.strikes, fault.tasks, fault.away[0])
    return Size(fault.full_strikes, int(fault.tasks * FULL_FACTOR), fault.away[1])


def brokers_of(quick: bool, all_faults: bool) -> list[str]:
    """Choose the brokers that are hit.

    Args:
        quick: whether each fault is done a few times only.
        all_faults: whether one fault was not asked for alone.
    """
    if quick and all_faults:
        # With those in Docker it would not be quick.
        return [*servers.LOCAL]
    if all_faults and docker.engine_answers():
        return [*servers.NEWEST]
    return [*servers.LOCAL, *servers.CONTAINERS]


def run(fault: str | None, quick: bool, path: Path | None) -> int:
    """Run one fault or all, with both profiles, on each broker.

    Args:
        fault: a name of ``FAULTS``; without one, all.
        quick: whether each is done a few times only.
        path: the results file; without one, a file that Git ignores.

    Returns:
        The exit status.

    Raises:
        PlaygroundError: there is no such fault, no such file, or no server.
    """
    if fault == published.NAME:
        return published.run(quick, SEED)
    if fault is not None and fault not in FAULTS:
        raise PlaygroundError(
            f'there is no fault {fault!r}: choose one of {", ".join([*FAULTS, published.NAME])},'
            ' or leave it out to run them all'
        )
    path = path or (OWN_QUICK if quick else OWN)
    results = Results(path, 'make faults', choices('quick' if quick else 'full', SEED), KEYS)
    chosen = [FAULTS[fault]] if fault else list(FAULTS.values())
    console = Console()
    brokers = brokers_of(quick, all_faults=fault is None)
    _run_lanes(lanes(chosen, results, brokers), results, quick, console)
    names = {each.name for each in chosen}
    rows = [row for row in results.rows if row['fault'] in names]
    if not rows:
        return 0
    # A line that is too long for the screen is better than half a word.
    console.print(report.section(rows), soft_wrap=True, highlight=False, markup=False)
    console.print(f'All counts are in {path}', soft_wrap=True, highlight=False)
    if path.resolve() == SHOWN:
        _show(results)
    return 0


def _show(results: Results) -> None:
    report.PAGE.write_text(report.with_results(report.PAGE.read_text(), results))
    picture.draw(results.rows)


def lanes(chosen: Sequence[Fault], results: Results, brokers: Sequence[str]) -> list[Lane]:
    """What is still to be done; lanes run at the same time, each with servers of its own.

    Args:
        chosen: the faults.
        results: what has been done.
        brokers: those that are hit.
    """
    found = []
    for broker in brokers:
        faults = [fault for fault in chosen if fault.runs_on(broker)]
        for profile in profiles.NAMES:
            left = [fault for fault in faults if not results.has(fault.name, profile, broker)]
            if left:
                found.append(Lane(broker, profile, left))
    return found


def _run_lanes(chosen: Sequence[Lane], results: Results, quick: bool, console: Console) -> None:
    ended: queue.Queue[Ended] = queue.Queue()
    turns = threading.Semaphore(AT_ONCE)
    if results.rows:
        console.print(f'{len(results.rows)} rows are there already', highlight=False)
    in_docker = [lane for lane in chosen if lane.broker in servers.CONTAINERS]
    if in_docker and not docker.engine_answers():
        names = ' and '.join(dict.fromkeys(lane.broker for lane in in_docker))
        console.print(f'{names}: left out, for no Docker Engine answers', highlight=False)
        chosen = [lane for lane in chosen if lane not in in_docker]
    left = sum(len(lane.faults) for lane in chosen)
    with Session() as session, console.status('') as status:
        for lane in chosen:
            threading.Thread(
                target=lane.run, args=(session, quick, turns, ended), daemon=True
            ).start()
        while left:
            status.update(f'{left} rows to go')
            row = ended.get()
            if isinstance(row, Exception):
                raise row
            if isinstance(row, LeftOut):
                left -= row.rows
                console.print(row.reason, highlight=False)
                continue
            left -= 1
            results.add(row)
            console.print(
                f'{row["fault"]}, {row["profile"]} on {row["broker"]}:'
                f' lost {row["lost"]} of {row["accepted"]}',
                highlight=False,
            )
