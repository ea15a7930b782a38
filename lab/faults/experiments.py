"""The faults: what is done to a worker, and when."""

import random
import signal
from collections.abc import Callable
from dataclasses import dataclass

from lab.faults.worker import Worker

# `docker stop` gives 10 seconds; tasks that take three times as long show the same sooner.
GRACE_SECONDS = 1.0


@dataclass(frozen=True)
class Fault:
    """One row of the table for each profile and broker.

    Attributes:
        name: for ``FAULT=``.
        description: for the table.
        before: how long a task works before its effect, in seconds.
        after: and after it.
        strike: does it; the worker runs a task.
        tasks: how many are sent before each strike in the quick mode.
        ends_the_worker: whether it has to be started again.
    """

    name: str
    description: str
    before: float
    after: float
    strike: Callable[[Worker, random.Random], None]
    tasks: int = 20
    ends_the_worker: bool = True


FAULTS = {
    fault.name: fault
    for fault in (
        Fault(
            'worker-killed-before',
            'SIGKILL for the worker and its processes, before the effect of its tasks',
            before=0.2,
            after=0,
            strike=lambda worker, chance: worker.kill(),
        ),
        Fault(
            'worker-killed-after',
            'the same, after the effect',
            before=0,
            after=0.2,
            strike=lambda worker, chance: worker.kill(),
        ),
        Fault(
            'process-killed',
            'SIGKILL for one process of the pool',
            before=0.1,
            after=0.1,
            strike=lambda worker, chance: worker.kill_a_process(chance),
            ends_the_worker=False,
        ),
        Fault(
            'sigterm',
            'SIGTERM for the worker',
            before=0.1,
            after=0.1,
            strike=lambda worker, chance: worker.end(signal.SIGTERM),
        ),
        Fault(
            'sigquit',
            'SIGQUIT for the worker',
            before=0.1,
            after=0.1,
            strike=lambda worker, chance: worker.end(signal.SIGQUIT),
        ),
        Fault(
            'stop-then-kill',
            'SIGTERM, then SIGKILL while its tasks still run, as docker stop does it',
            before=1.5,
            after=1.5,
            strike=lambda worker, chance: worker.end_or_kill(GRACE_SECONDS),
            tasks=4,
        ),
    )
}
