"""What a check finds: how bad it is, one sentence, and what to type next."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from playground.doctor.entries import Entry


class Level(enum.Enum):
    """How bad a finding is. Only a fault makes the exit status 1."""

    OK = 'ok'
    WARNING = 'warning'
    FAULT = 'fault'
    UNKNOWN = 'unknown'


@dataclass(frozen=True)
class Finding:
    """What one check says.

    Attributes:
        level: how bad it is.
        check: the check's name, which stays the same in each release.
        sentence: what is so.
        next_step: what to type, or to do.
        entry: where troubleshooting.md explains it.
    """

    level: Level
    check: str
    sentence: str
    next_step: str = ''
    entry: Entry | None = None

    def as_json(self) -> dict[str, Any]:
        """The finding as ``--json`` prints it."""
        return {
            'check': self.check,
            'level': self.level.value,
            'sentence': self.sentence,
            'next': self.next_step,
            'entry': self.entry.address if self.entry else None,
        }


def ok(check: str, sentence: str, next_step: str = '') -> Finding:
    """Say that it is as it should be; the next step is a hint."""
    return Finding(Level.OK, check, sentence, next_step)


def unknown(check: str, sentence: str, next_step: str = '') -> Finding:
    """Say that it could not be seen, and why."""
    return Finding(Level.UNKNOWN, check, sentence, next_step)


def warning(check: str, sentence: str, next_step: str, entry: Entry) -> Finding:
    """Say what may be meant so, but surprises many."""
    return Finding(Level.WARNING, check, sentence, next_step, entry)


def fault(check: str, sentence: str, next_step: str, entry: Entry) -> Finding:
    """Say what cannot work."""
    return Finding(Level.FAULT, check, sentence, next_step, entry)


def listed(names: Iterable[object], most: int = 4) -> str:
    """List names in a sentence, the first few of them.

    Args:
        names: in any order.
        most: how many are named.
    """
    every = sorted(map(str, names))
    more = f' and {len(every) - most} more' if len(every) > most else ''
    return ', '.join(every[:most]) + more


def counted(number: int, noun: str) -> str:
    """A number and a noun, as in ``no worker``, ``1 worker`` and ``2 workers``."""
    return f'{number or "no"} {noun}{"" if number < 2 else "s"}'
