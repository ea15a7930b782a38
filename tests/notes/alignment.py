"""Puts the lines of a page beside the printed ones, and the words of a line beside another's."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from tests.notes.comparison import ANYTHING, line_pattern, readable, tidy
from tests.notes.varying import VERSION

TOKEN = re.compile(r'\.\.\.|0x(?=[0-9a-f.])|\d+(?:[.:]\d+)*(?:e[-+]\d+)?|\s+|[^\W\d]\w*|[^\w\s]')

# Two lines with fewer words in common are not the same line, changed.
LEAST_SIMILARITY = 0.5

# With so many, nothing more like the page's line is to be expected of a log.
SURE_SIMILARITY = 0.75

SAME_SCORE = 10.0
BLANK_SCORE = 1.0
CHANGED_SCORES = (-3.0, 7.0)
REMOVED_SCORE = -2.0
ADDED_SCORE = -1.0


class Kind(Enum):
    """What became of a line or word: of a page's ``KEPT``, ``CHANGED`` or ``REMOVED``.

    Of a printed one: ``ADDED``, or ``COVERED`` by a ``...`` of the page.
    """

    KEPT = auto()
    CHANGED = auto()
    REMOVED = auto()
    ADDED = auto()
    COVERED = auto()


@dataclass(frozen=True)
class Step:
    """One step through both.

    Attributes:
        kind: what became of it.
        old: the index in the page's sequence, where it has one.
        new: the index in the printed sequence, where it has one.
    """

    kind: Kind
    old: int | None
    new: int | None


def tokens(line: str) -> list[str]:
    """Split a line into words, numbers, spaces, signs and ``...``."""
    return TOKEN.findall(line)


def align_lines(
    old: Sequence[str], new: Sequence[str], is_part: bool, least: float = LEAST_SIMILARITY
) -> list[Step]:
    """Put the lines of a page beside the printed ones.

    Args:
        old: the page's; ``...`` in them stands for anything.
        new: the printed ones.
        is_part: the page shows a part, so what comes before and after it counts for nothing.
        least: the share of words that a changed line has in common with the page's.
    """
    patterns = [line_pattern(line) for line in old]
    words = [_words(line) for line in old]
    printed = [_words(line) for line in new]

    def score(one: int, other: int) -> tuple[float, Kind] | None:
        if patterns[one].fullmatch(new[other]):
            return (SAME_SCORE if old[one] else BLANK_SCORE), Kind.KEPT
        similarity = _similarity(words[one], printed[other])
        if similarity < least:
            return None
        lowest, highest = CHANGED_SCORES
        return lowest + (highest - lowest) * similarity, Kind.CHANGED

    is_anything = [line.strip() == ANYTHING for line in old]
    return _align(is_anything, len(new), score, is_part)


def align_tokens(old: Sequence[str], new: Sequence[str]) -> list[Step]:
    """Put the words of a page's line beside those of a printed one, as ``align_lines`` does."""

    def score(one: int, other: int) -> tuple[float, Kind] | None:
        if old[one] != new[other]:
            return None
        return (SAME_SCORE if old[one].isalnum() else SAME_SCORE / 4), Kind.KEPT

    return _align([token == ANYTHING for token in old], len(new), score, is_part=False)


def has_each_line(expected: str, log: str) -> bool:
    """Tell whether a log has, for each line of a page, that line or one that is surely it."""
    steps = align_lines(*_lines(expected, log), is_part=True, least=SURE_SIMILARITY)
    return not any(step.kind is Kind.REMOVED for step in steps)


def end_of_part(expected: str, log: str) -> int:
    """Find where the lines of a log end that are nearest to those of a page."""
    old, new = _lines(expected, log)
    steps = align_lines(old, new, is_part=True)
    last = max((step.new for step in steps if step.new is not None), default=-1)
    return sum(len(line) + 1 for line in new[: last + 1])


def _lines(expected: str, log: str) -> tuple[list[str], list[str]]:
    return tidy(expected).splitlines(), readable(log).splitlines()


def _words(line: str) -> Counter[str]:
    """The words and ``...`` of a line; one version is like another."""
    return Counter(re.findall(r'\.\.\.|\w+', VERSION.sub('version', line)))


def _similarity(old: Counter[str], new: Counter[str]) -> float:
    """The share of the page's words that were printed, and where no ``...`` covers them, back."""
    literal = old.total() - old[ANYTHING]
    common = (old & new).total() - min(old[ANYTHING], new[ANYTHING])
    if not literal or not common:
        return 0.0
    share = common / literal
    return share if old[ANYTHING] else min(share, common / new.total())


def _align(
    is_anything: Sequence[bool],
    count: int,
    score: Callable[[int, int], tuple[float, Kind] | None],
    is_part: bool,
) -> list[Step]:
    """The steps with the highest sum of scores, by dynamic programming from the end."""
    total = len(is_anything)
    best: list[list[tuple[float, Step | None]]] = [
        [(0.0, None)] * (count + 1) for _ in range(total + 1)
    ]
    for old in range(total, -1, -1):
        for new in range(count, -1, -1):
            if old == total and new == count:
                continue
            best[old][new] = max(
                _choices(best, is_anything, count, score, is_part, old, new),
                key=lambda choice: choice[0],
            )
    steps = []
    old = new = 0
    while step := best[old][new][1]:
        is_outside = is_part and step.kind is Kind.ADDED and old in (0, total)
        if not is_outside:
            steps.append(step)
        old += step.old is not None and step.kind is not Kind.COVERED
        new += step.new is not None
    return steps


def _choices(
    best: list[list[tuple[float, Step | None]]],
    is_anything: Sequence[bool],
    count: int,
    score: Callable[[int, int], tuple[float, Kind] | None],
    is_part: bool,
    old: int,
    new: int,
) -> list[tuple[float, Step]]:
    total = len(is_anything)
    choices = []
    if old < total and is_anything[old]:
        choices.append((best[old + 1][new][0], Step(Kind.KEPT, old, None)))
        if new < count:
            choices.append((best[old][new + 1][0], Step(Kind.COVERED, old, new)))
    elif old < total:
        if new < count and (found := score(old, new)):
            choices.append((best[old + 1][new + 1][0] + found[0], Step(found[1], old, new)))
        choices.append((best[old + 1][new][0] + REMOVED_SCORE, Step(Kind.REMOVED, old, None)))
    if new < count:
        cost = 0.0 if is_part and old in (0, total) else ADDED_SCORE
        choices.append((best[old][new + 1][0] + cost, Step(Kind.ADDED, None, new)))
    return choices
