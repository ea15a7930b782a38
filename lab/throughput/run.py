"""Measures what a results file does not have yet, and shows it."""

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.status import Status

from lab import servers
from lab.results import Results, Row, choices
from lab.servers import RABBITMQ, REDIS, Server
from lab.throughput import contenders, environments, layers, measure, picture, report
from lab.throughput.contenders import COMPILED, PEERS, Contender
from lab.throughput.measure import Amount
from lab.throughput.report import DRAIN, LATENCY, LAYERS, SEND
from playground.errors import PlaygroundError
from playground.session import Session

FOLDER = Path(__file__).parent
# Committed, and shown on the page; a reader's own run does not touch it.
SHOWN = FOLDER / 'results.json'
OWN = FOLDER / 'own-results.json'
OWN_SHORT = FOLDER / 'own-short-results.json'

KEYS = ('mode', 'broker', 'contender', 'round')

SHORT = Amount(drain={RABBITMQ: 1_500, REDIS: 800}, send=1_000, rate=50, latency=100)
FULL = Amount(drain={RABBITMQ: 4_000, REDIS: 1_500}, send=3_000, rate=100, latency=200)
SHORT_ROUNDS, FULL_ROUNDS = 1, 5
SEED = 20261128
# Tasks while py-spy looks, once.
LOOKED_AT = 10_000


@dataclass(frozen=True)
class Part:
    """One row that is to be measured.

    Attributes:
        mode: one of ``report.TITLES``.
        broker: its name.
        contender: what is measured.
        round: which time.
    """

    mode: str
    broker: str
    contender: Contender
    round: int

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What its row is known by."""
        return self.mode, self.broker, self.contender.name, self.round

    def measure(self, session: Session, server: Server, amount: Amount) -> Row:
        """Measure it.

        Args:
            session: owns what is started.
            server: the broker.
            amount: how much is measured.

        Raises:
            PlaygroundError: a program does not work.
        """
        place = session, server, self.contender
        if self.mode == DRAIN:
            tasks = int(amount.drain[self.broker] * self.contender.share)
            found = measure.drain(*place, tasks)
        elif self.mode == SEND:
            found = measure.send(*place, amount.send)
        elif self.mode == LATENCY:
            found = measure.latency(*place, amount)
        elif self.contender.name == layers.CALLER:
            found = layers.caller(session, server, LOOKED_AT)
        else:
            found = layers.worker(session, server, LOOKED_AT)
        return {
            **dict(zip(KEYS, self.key, strict=True)),
            'version': server.version,
            'others': 0.0,
            **found,
        }


def parts(peers: bool, full: bool) -> Iterator[Part]:
    """What is measured, in the order in which it is: at random, but round by round.

    Args:
        peers: whether other libraries take part.
        full: whether all of it is done, several times.
    """
    chance = random.Random(SEED)
    chosen = [
        (DRAIN, [*contenders.DRAINS, *(contenders.PEER_DRAINS if peers else ())]),
        (SEND, [*contenders.SENDERS, *(contenders.PEER_SENDERS if peers else ())]),
        (LATENCY, [*contenders.LATENCIES, *(contenders.PEER_LATENCIES if peers else ())]),
    ]
    if full:
        chosen[0][1].extend(contenders.CEILINGS)
        chosen[1][1].extend(contenders.CEILINGS)
    for number in range(FULL_ROUNDS if full else SHORT_ROUNDS):
        found = [
            Part(mode, broker, contender, number)
            for mode, all_of_mode in chosen
            for contender in all_of_mode
            for broker in contender.brokers
            if full or (broker in contender.short and (mode != LATENCY or broker == RABBITMQ))
        ]
        chance.shuffle(found)
        yield from found
    if full:
        for name in layers.WORKER, layers.CALLER:
            for broker in (RABBITMQ, REDIS):
                yield Part(LAYERS, broker, Contender(name), 0)


def without_root(chosen: Sequence[Part], root: bool) -> tuple[list[Part], str]:
    """Leave out what Celery refuses to root.

    Args:
        chosen: the rows that are to be measured.
        root: whether root runs this.

    Returns:
        What is left, and a sentence on what is not, or an empty one.
    """
    left = [part for part in chosen if part.contender.by_root or not root]
    names = {part.contender.name for part in chosen} - {part.contender.name for part in left}
    if not names:
        return left, ''
    return left, f'Left out, for Celery does not let root run it: {", ".join(sorted(names))}'


def opened(path: Path, chosen: dict[str, Any]) -> Results:
    """Open a results file, or begin one.

    Args:
        path: where it is, or will be.
        chosen: what its rows have in common.

    Raises:
        PlaygroundError: the file is of another run, or is none of ours.
    """
    return Results(path, 'make throughput', chosen, KEYS)


def run(peers: bool, full: bool, path: Path | None) -> int:
    """Measure, and show the tables.

    Args:
        peers: whether other libraries take part.
        full: whether all of it is done, several times.
        path: the results file; without one, a file that Git ignores.

    Returns:
        The exit status.

    Raises:
        PlaygroundError: a server, a package or a program cannot be had.
    """
    console = Console()
    if path is None and not full:
        # Two minutes are soon repeated.
        OWN_SHORT.unlink(missing_ok=True)
    path = path or (OWN if full else OWN_SHORT)
    shown = path.resolve() == SHOWN
    if shown and not full:
        raise PlaygroundError(f'{path} is what the page shows, and it shows full runs: add FULL=1')
    results = opened(path, choices('full' if full else 'short', SEED))
    wanted = [*([PEERS] if peers else []), *([COMPILED] if full else [])]
    for name in wanted:
        environments.make(name)
    wanted_rows = [part for part in parts(peers, full) if not results.has(*part.key)]
    left, left_out = without_root(wanted_rows, root=os.geteuid() == 0)
    if left_out:
        console.print(left_out, soft_wrap=True, highlight=False)
    with console.status('') as status, Session() as session:
        _measure(session, left, FULL if full else SHORT, results, status)
    console.print(report.section(results.rows), soft_wrap=True, highlight=False, markup=False)
    console.print(f'All figures are in {path}', soft_wrap=True, highlight=False)
    place = picture.PATH if shown else path.with_suffix('.svg')
    picture.draw(results.rows, place)
    console.print(f'The picture is {place}', soft_wrap=True, highlight=False)
    if full:
        picture.draw_layers(results.rows, picture.layers_beside(place))
    if shown:
        report.PAGE.write_text(report.with_results(report.PAGE.read_text(), results))
    return 0


def _measure(
    session: Session, left: Sequence[Part], amount: Amount, results: Results, status: Status
) -> None:
    started: dict[str, Server] = {}
    for done, part in enumerate(left):
        status.update(f'{len(left) - done} to go: {part.mode}, {part.contender.name}')
        if part.broker not in started:
            started[part.broker] = servers.start(session, part.broker)
        results.add(part.measure(session, started[part.broker], amount))
