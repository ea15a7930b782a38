"""What a command of a page printed, beside what the page shows of it."""

import dataclasses
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.notes import comparison
from tests.notes.comparison import How


@dataclass(frozen=True)
class Observation:
    """One comparison.

    Attributes:
        page: the page's name.
        backend: where it ran.
        chapter: its heading.
        line: the page's line to tell of: that of the command.
        title: the command as a page shows it, or what is compared.
        first: the page's line at which the shown text begins.
        how: what of the printed text the page has to show.
        expected: what the page shows.
        printed: what was printed, or the file of an excerpt; of a log, from where the page has got.
        is_late: something before it in its chapter was waited for in vain, so that it may have
            come too late to say anything.
    """

    page: str
    backend: str
    chapter: str
    line: int
    title: str
    first: int
    how: How
    expected: str
    printed: str
    is_late: bool = False

    @property
    def holds(self) -> bool:
        """Whether the page shows what was printed."""
        return comparison.holds(self.how, self.expected, self.printed)


class Recorder:
    """Writes observations to a file of its own, so that several processes can record."""

    def __init__(self, folder: Path) -> None:
        """Choose the file.

        Args:
            folder: where the files of a run lie.
        """
        self._file = folder / f'{uuid.uuid4().hex}.jsonl'

    def record(self, observation: Observation) -> None:
        """Write one down."""
        with self._file.open('a', encoding='utf-8') as file:
            file.write(json.dumps(dataclasses.asdict(observation)) + '\n')


def recorded(folder: Path) -> Iterator[Observation]:
    """Read what all recorders of a folder have written.

    Args:
        folder: where their files lie.
    """
    for file in sorted(folder.glob('*.jsonl')):
        for line in file.read_text(encoding='utf-8').splitlines():
            fields = json.loads(line)
            yield Observation(**{**fields, 'how': How(fields['how'])})
