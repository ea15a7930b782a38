"""Counts what was lost and what was done twice."""

import math
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from lab.faults.ledger import Readings

# Of the normal distribution, for 95 %.
QUANTILE = 1.959964


@dataclass(frozen=True)
class Counts:
    """The columns of the table.

    Attributes:
        attempted: calls that were made.
        accepted: calls that returned without an error.
        executed: attempted tasks with an effect.
        lost: accepted tasks without an effect.
        duplicated: effects beyond the first of their task.
        duplicated_once: the same for the effect that asks for its key first.
        unexpected: tasks with an effect that nobody attempted.
        recovered: tasks with an effect whose call had raised an error.
        interrupted: runs that began and did not end.
    """

    attempted: int
    accepted: int
    executed: int
    lost: int
    duplicated: int
    duplicated_once: int
    unexpected: int
    recovered: int
    interrupted: int


def count(attempted: Collection[int], accepted: Collection[int], readings: Readings) -> Counts:
    """Compare what was called with what was done.

    Args:
        attempted: the numbers of the tasks that were called.
        accepted: those whose call returned without an error.
        readings: what the tasks noted.
    """
    called, taken, done = set(attempted), set(accepted), set(readings.effects)
    return Counts(
        attempted=len(called),
        accepted=len(taken),
        executed=len(called & done),
        lost=len(taken - done),
        duplicated=_repeated(readings.effects),
        duplicated_once=_repeated(readings.effects_once),
        unexpected=len(done - called),
        recovered=len((called - taken) & done),
        interrupted=len(readings.starts) - len(readings.ends),
    )


def within(numbers: Collection[int], readings: Readings) -> Readings:
    """The readings of some tasks, without those of others.

    Args:
        numbers: of the tasks.
        readings: of all.
    """
    kept = set(numbers)
    starts = list(zip(readings.starts, readings.moments, strict=True))
    return Readings(
        starts=[number for number in readings.starts if number in kept],
        ends=[number for number in readings.ends if number in kept],
        effects=[number for number in readings.effects if number in kept],
        effects_once=[number for number in readings.effects_once if number in kept],
        moments=[moment for number, moment in starts if number in kept],
    )


def interval(found: int, of: int) -> tuple[float, float]:
    """The 95 % confidence interval of a rate, after Wilson.

    Args:
        found: how often something happened.
        of: how often it could have happened, at least 1.

    Returns:
        The lower and the upper end, from 0 to 1.
    """
    rate, square = found / of, QUANTILE**2
    middle = (rate + square / (2 * of)) / (1 + square / of)
    spread = math.sqrt(rate * (1 - rate) / of + square / (4 * of**2)) * QUANTILE
    half = spread / (1 + square / of)
    lower = 0.0 if found == 0 else middle - half
    return lower, 1.0 if found == of else middle + half


def longest_pause(faults: Collection[float], starts: Collection[float]) -> float | None:
    """The longest time from a fault to the next start of a task, in seconds.

    Args:
        faults: when each was done.
        starts: when the runs began, by the same clock.

    Returns:
        None if no task began after any fault.
    """
    pauses = [
        min(later) - fault for fault in faults if (later := [at for at in starts if at > fault])
    ]
    return max(pauses, default=None)


def most_runs(readings: Readings) -> int:
    """How often the task ran that ran most often."""
    return max(Counter(readings.starts).values(), default=0)


def _repeated(numbers: list[int]) -> int:
    return sum(times - 1 for times in Counter(numbers).values())
