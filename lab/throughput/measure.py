"""How fast a queue empties, how long a task waits, and how fast calls return."""

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psutil

from lab.servers import Server
from lab.throughput.contenders import Contender
from lab.throughput.machine import Others, settle
from lab.throughput.marks import Marks
from lab.throughput.program import Program
from playground.session import Session

FROM, TO = 0.1, 0.95
LEAST_SHARE = 0.05
DRAIN_SECONDS = 300.0
# One comes first, so that a worker has begun and a connection is there.
WARM_UP = 20
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Amount:
    """How much is measured.

    Attributes:
        drain: tasks in a queue that is emptied, for each broker.
        send: tasks that are sent at once.
        rate: tasks a second that are sent for the latency.
        latency: how many of those.
    """

    drain: Mapping[str, int]
    send: int
    rate: float
    latency: int


def drain(session: Session, server: Server, contender: Contender, tasks: int) -> dict[str, Any]:
    """Fill a queue, start the workers, and see how it empties.

    Args:
        session: owns what is started.
        server: the broker.
        contender: what empties it.
        tasks: how many there are.

    Returns:
        Tasks a second, megabytes of memory, and what was counted.

    Raises:
        PlaygroundError: a program does not work.
    """
    program = Program(session, server, contender, tasks)
    program.fill(0, tasks)
    settle()
    others = Others()
    with program.working():
        program.wait(tasks, DRAIN_SECONDS)
        share = others.share()
        memory = sum(map(_memory, program.processes())) / MEGABYTE
        # A kill may have a task run again.
        counted = _counted(program.marks)
    return {'others': share, 'memory': memory, 'rate': rate(program.marks), **counted}


def rate(marks: Marks) -> float:
    """Tasks a second, without the start and the end of the workers.

    The time begins when a tenth is done and each process has begun, and ends when 95 % are done.

    Args:
        marks: the notes of the tasks.
    """
    ran = [number for number, runs in enumerate(marks.runs) if runs]
    moments = sorted(marks.done[number] for number in ran)
    first: dict[int, float] = {}
    runs = Counter(marks.process[number] for number in ran)
    for number in ran:
        process = marks.process[number]
        # One that runs a single task, as those of RQ, does not tell when the workers have begun.
        if runs[process] >= LEAST_SHARE * len(ran):
            first[process] = min(first.get(process, float('inf')), marks.done[number])
    begin = max([moments[int(FROM * len(moments))], *first.values()])
    end = moments[int(TO * len(moments))]
    if end <= begin:
        return float('nan')
    done = sum(begin < moment <= end for moment in moments)
    return float(done / (end - begin))


def latency(
    session: Session, server: Server, contender: Contender, amount: Amount
) -> dict[str, Any]:
    """Send tasks at a rate that leaves the workers idle most of the time.

    Args:
        session: owns what is started.
        server: the broker.
        contender: what is measured.
        amount: how many, at which rate.

    Returns:
        Milliseconds from the call to the task, for three shares of the tasks, and what was counted.

    Raises:
        PlaygroundError: a program does not work.
    """
    tasks = WARM_UP + amount.latency
    program = Program(session, server, contender, tasks)
    settle()
    others = Others()
    with program.working():
        program.send(0, WARM_UP)
        program.wait(WARM_UP, DRAIN_SECONDS)
        program.send(WARM_UP, amount.latency, amount.rate)
        program.wait(tasks, DRAIN_SECONDS)
        share, marks = others.share(), program.marks
        counted = _counted(marks)
    waits = [
        1000 * (marks.done[number] - marks.sent[number])
        for number in range(WARM_UP, tasks)
        if marks.runs[number]
    ]
    return {'others': share, **percentiles(waits), **counted}


def percentiles(waits: Sequence[float]) -> dict[str, float]:
    """The waits that 50, 95 and 99 % of the tasks do not exceed.

    Args:
        waits: of all tasks, at least two.
    """
    cuts = statistics.quantiles(waits, n=100, method='inclusive')
    return {f'p{share}': cuts[share - 1] for share in (50, 95, 99)}


def send(session: Session, server: Server, contender: Contender, tasks: int) -> dict[str, Any]:
    """Send tasks that no worker takes.

    Args:
        session: owns what is started.
        server: the broker.
        contender: what sends them.
        tasks: how many.

    Returns:
        Tasks a second.

    Raises:
        PlaygroundError: a program does not work.
    """
    program = Program(session, server, contender, tasks)
    settle()
    others = Others()
    seconds = program.send(0, tasks)
    return {'others': others.share(), 'rate': tasks / seconds}


def _counted(marks: Marks) -> dict[str, int]:
    return {'missing': len(marks.runs) - marks.ran, 'repeated': marks.repeated}


def _memory(process: psutil.Process) -> float:
    """The bytes of a process; a page that some share is divided by their number."""
    found = process.memory_full_info()
    return float(getattr(found, 'pss', found.uss))
