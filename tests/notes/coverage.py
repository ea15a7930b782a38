"""Counts the blocks of a page that are run, and those that are skipped, with the reasons."""

import re
from collections import Counter
from dataclasses import dataclass, field

from tests.brokers import BROKERS, NEEDS_OF_CONTAINERS, lacks_docker
from tests.notes.page import DIRECTIVE, FENCES, NOT_RUN, chapter, needed

FENCE = re.compile(rf'^```(?:{"|".join(kind for kind in FENCES if kind not in NOT_RUN)})$')

# The back-ends that the foot of a page counts, in its order.
BACKENDS = tuple(BROKERS)

FOOT = re.compile(r'(?m)^<sub>Of the [^\n]*</sub>$')


@dataclass
class Coverage:
    """What became of a page's blocks on one back-end.

    Attributes:
        run: how many were run.
        skipped: how many were skipped, for each reason.
    """

    run: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    def add(self, reason: str | None) -> None:
        """Count one block more.

        Args:
            reason: why it was skipped; None if it was run.
        """
        if reason is None:
            self.run += 1
        else:
            self.skipped[reason] += 1

    def sentence(self) -> str:
        """Say it in one line, as in ``5 blocks run, 1 skipped (1: needs a Docker engine)``."""
        reasons = '; '.join(f'{count}: {reason}' for reason, count in self.skipped.most_common())
        return f'{self.run} blocks run, {self.skipped.total()} skipped' + (
            f' ({reasons})' if reasons else ''
        )


def lines(text: str) -> list[int]:
    """List the lines on which the blocks of a page begin, pictures and messages left out.

    Args:
        text: the page.
    """
    return [n for n, line in enumerate(text.splitlines(), start=1) if FENCE.match(line)]


def of_page(text: str, backend: str) -> Coverage:
    """Count the blocks of a page by what its comments say.

    Args:
        text: the page.
        backend: where it would run.
    """
    found = Coverage()
    needs = needed(text)
    reason: str | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if (directive := DIRECTIVE.fullmatch(line)) and directive['condition']:
            reason = _reason(directive['condition'], backend)
        elif FENCE.match(line):
            is_about_containers = needs.get(chapter(text, number)) in NEEDS_OF_CONTAINERS
            found.add(reason or (lacks_docker(backend) if is_about_containers else None))
            reason = None
    return found


def foot(text: str) -> str:
    """Say at the foot of a page how much of it is run.

    Args:
        text: the page.
    """
    counted = {backend: of_page(text, backend) for backend in BACKENDS}
    total = len(lines(text))
    run = ', '.join(f'{found.run} on {backend}' for backend, found in counted.items())
    reasons = dict.fromkeys(reason for found in counted.values() for reason in found.skipped)
    skipped = f' The others: {"; ".join(reasons)}.' if reasons else ''
    return f'<sub>Of the {total} blocks of this page, the tests run {run}.{skipped}</sub>'


def with_foot(text: str) -> str:
    """Bring the foot of a page up to date; a page without one stays without.

    Args:
        text: the page.
    """
    return FOOT.sub(lambda _: foot(text), text)


def _reason(condition: str, backend: str) -> str | None:
    """Evaluate what stands in a skip's ``if(…)``, as Sybil does."""

    def if_(holds: object, reason: str) -> str | None:
        return reason if holds else None

    found: str | None = eval(
        f'if_({condition})', {'if_': if_, 'backend': backend, 'broker': BROKERS[backend]}
    )
    return found
