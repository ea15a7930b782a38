"""Runs the trials that a results file does not have yet, and shows them."""

import platform
from pathlib import Path

from rich.console import Console

from lab.faults import profiles, report, servers
from lab.faults.experiments import FAULTS
from lab.faults.results import Results
from lab.faults.trial import Size, Trial
from playground.errors import PlaygroundError
from playground.session import Session

FOLDER = Path(__file__).parent
# Committed, and shown on the page; a reader's own run does not touch it.
SHOWN = FOLDER / 'results.json'
OWN = FOLDER / 'own-results.json'
OWN_QUICK = FOLDER / 'own-quick-results.json'

SEED = 20261128
QUICK_STRIKES = 3
FULL_STRIKES = 100
# What the full mode sends for one task of the quick mode: 5,000 tasks a row for most.
FULL_FACTOR = 2.5


def run(fault: str | None, quick: bool, path: Path | None) -> int:
    """Run one fault or all, with both profiles, on both brokers.

    Args:
        fault: a name of ``FAULTS``; without one, all.
        quick: whether each is done a few times only.
        path: the results file; without one, a file that Git ignores.

    Returns:
        The exit status.

    Raises:
        PlaygroundError: there is no such fault, no such file, or no server.
    """
    if fault is not None and fault not in FAULTS:
        raise PlaygroundError(
            f'there is no fault {fault!r}: choose one of {", ".join(FAULTS)},'
            ' or leave it out to run them all'
        )
    path = path or (OWN_QUICK if quick else OWN)
    strikes = QUICK_STRIKES if quick else FULL_STRIKES
    factor = 1 if quick else FULL_FACTOR
    results = Results(path, {'strikes': strikes, 'seed': SEED, 'machine': platform.machine()})
    chosen = [FAULTS[fault]] if fault else list(FAULTS.values())
    console = Console()
    with Session() as session:
        with console.status('Starting RabbitMQ and Redis'):
            running = servers.start(session)
        trials = [
            (each, profile, server)
            for each in chosen
            for server in running
            for profile in profiles.NAMES
        ]
        for number, (each, profile, server) in enumerate(trials, 1):
            name = f'{each.name}, {profile} on {server.broker} ({number} of {len(trials)})'
            if results.has(each.name, profile, server.broker):
                console.print(f'{name}: there already')
                continue
            size = Size(strikes, int(each.tasks * factor))
            with console.status(name):
                row = Trial(session, server, each, profile, size, SEED).run()
            results.add(row)
            console.print(f'{name}: lost {row["lost"]} of {row["accepted"]}', highlight=False)
    names = {each.name for each in chosen}
    shown = report.section([row for row in results.rows if row['fault'] in names])
    # A line that is too long for the screen is better than half a word.
    console.print(shown, soft_wrap=True, highlight=False, markup=False)
    console.print(f'All counts are in {path}', soft_wrap=True, highlight=False)
    if path.resolve() == SHOWN:
        report.PAGE.write_text(report.with_results(report.PAGE.read_text(), results.rows))
    return 0
