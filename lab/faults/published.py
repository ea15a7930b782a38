"""The experiment of which another project says that Celery loses 8 %, and what settings make of it.

It is https://github.com/getrelier/relier, docs/benchmarks.md: 500 tasks of half a second, Redis, a
worker with four processes that is killed five times, with early and with late acknowledgement.
"""

from typing import Any

from rich.console import Console

from lab import servers
from lab.faults.fault import Fault
from lab.faults.trial import Size, Trial
from lab.results import Row
from lab.servers import RABBITMQ, REDIS
from playground.session import Session

NAME = 'published-8-percent'
KILLS, QUICK_KILLS = 5, 1
TASKS_BEFORE_EACH = 100

# What the project sets beside Celery's own settings.
EARLY = {'worker_prefetch_multiplier': 1}
LATE = {**EARLY, 'task_acks_late': True, 'task_reject_on_worker_lost': True}

# How a line names the settings, the profile, and what is set beside it.
WAYS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ('theirs', 'default', EARLY),
    ('theirs, late', 'default', LATE),
    ('vege5', 'vege5', {}),
)


def run(quick: bool, seed: int) -> int:
    """Run it with their settings and with ours, and print what was lost.

    Args:
        quick: whether the worker is killed once only.
        seed: chooses the moments.

    Returns:
        The exit status.

    Raises:
        PlaygroundError: a server or a worker does not start.
    """
    console = Console()
    size = Size(QUICK_KILLS if quick else KILLS, TASKS_BEFORE_EACH)
    with Session() as session:
        for broker in (REDIS, RABBITMQ):
            with console.status(f'Starting {broker}'):
                server = servers.start(session, broker)
            for name, profile, further in WAYS:
                fault = Fault(
                    NAME,
                    'SIGKILL for the worker and its processes',
                    lambda scene: scene.worker.kill(),
                    before=0.5,
                    after=0,
                    settings={profile: further},
                )
                with console.status(f'{name} on {broker}'):
                    row = Trial(session, server, fault, profile, size, seed).run()
                console.print(line(name, row), highlight=False, soft_wrap=True)
    return 0


def line(name: str, row: Row) -> str:
    """What is printed of a row.

    Args:
        name: of its settings.
        row: as ``Trial.run`` returns it.
    """
    return (
        f'{row["broker"]} {row["version"]}, {name}: lost {row["lost"]} of {row["accepted"]}'
        f' ({row["lost"] / row["accepted"]:.1%}), {row["still in the broker"]} still in the broker,'
        f' twice {row["duplicated"]}, with a key {row["duplicated_once"]}'
    )
