"""make bless: brings the pages up to date with what their commands print today.

Runs the chapters in a copy of the repository and rewrites, there, what no longer holds; runs the
chapters that it changed again, until all holds; then writes the pages and shows the difference.
"""

import argparse
import difflib
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from playground.environment import clean_for_terminal
from playground.errors import PlaygroundError
from playground.session import Session, end_on
from playground.terminal import Terminal
from playground.virtual_environment import REPOSITORY
from tests.notes import comparison, coverage, varying
from tests.notes.comparison import ANYTHING, BLANK_LINE, How
from tests.notes.observation import Observation, recorded
from tests.notes.rewriting import rewrite
from tests.pages import PAGES
from tests.repository_copy import copy_repository

RUN_SECONDS = 3600.0
RUNS = 8

# A chapter is run by one process, on one back-end after the other.
MOST_PROCESSES = 4

# pytest's exit statuses.
PASSED, NOTHING_SELECTED = 0, 5
USAGE_ERROR = 2


class BlessError(Exception):
    """Why no page was changed, in one sentence."""


@dataclass
class Place:
    """A place of a page that shows what was printed, and what each run printed there.

    Attributes:
        written: the page's text there.
        seen: how the first run compared it.
        printed: what each run printed.
    """

    written: str
    seen: Observation
    printed: list[str] = field(default_factory=list)

    def rewritten(self, hidden: Collection[str]) -> str:
        """Make the text hold for all runs.

        Args:
            hidden: texts that the page hides, such as versions.

        Raises:
            BlessError: what was printed is nothing like the page.
        """
        new = rewrite(self.seen.how, self.seen.expected, self.printed, hidden)
        if new is None:
            raise BlessError(
                f'{self.seen.page}:{self.seen.line}: {self.seen.title}\n'
                + comparison.difference(self.written, self.printed[-1])
                + '\nwhat was printed is nothing like what the page shows, so no page was changed:'
                ' write that block anew, or mend what it runs'
            )
        if new == self.seen.expected:
            return self.written
        if self.seen.title.startswith('>>>'):
            return ''.join(f'{line or BLANK_LINE}\n' for line in new.splitlines())
        return new


class Page:
    """A page that is brought up to date.

    A place is known by its line in the page as it was, whatever is written above it meanwhile.

    Attributes:
        name: as in ``README.md``.
        before: the text as it was.
        text: the text that holds for all runs so far.
    """

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.before = text
        self.text = text
        self._places: dict[int, Place] = {}
        # The line that each line of the text was in the page as it was.
        self._lines_before = [*range(1, len(text.splitlines()) + 1)]
        self._places_before: dict[int, int] = {}
        self._hidden: set[str] = set()

    def take(self, observations: Iterable[Observation]) -> set[str]:
        """Rewrite what does not hold.

        Args:
            observations: what a run of the text as it is now has printed.

        Returns:
            The chapters that changed.

        Raises:
            BlessError: what was printed is nothing like the page.
        """
        mine = [one for one in observations if one.page == self.name and not one.is_late]
        self._hidden |= {
            version for version in varying.versions(self._covered(mine)) if version not in self.text
        }
        for one in mine:
            first = self._first_before(one.first)
            place = self._places.setdefault(first, Place(self._written(one), one))
            place.printed.append(one.printed)
        changed = {one.chapter for one in mine if not one.holds}
        if changed:
            self._write()
        return changed

    def _written(self, one: Observation) -> str:
        lines = self.text.splitlines(keepends=True)
        count = len(one.expected.splitlines())
        return ''.join(lines[one.first - 1 : one.first - 1 + count])

    def _first_before(self, line: int) -> int:
        """Where a place began in the page as it was; one may have lost its lines since."""
        return self._places_before.get(line) or self._lines_before[line - 1]

    def _write(self) -> None:
        lines = self.before.splitlines(keepends=True)
        self._lines_before = [*range(1, len(lines) + 1)]
        self._places_before = {}
        shift = 0
        for first, place in sorted(self._places.items()):
            new = place.rewritten(self._hidden).splitlines(keepends=True)
            count = len(place.written.splitlines())
            begin = first - 1 + shift
            lines[begin : begin + count] = new
            self._lines_before[begin : begin + count] = [first] * len(new)
            self._places_before[begin + 1] = first
            shift += len(new) - count
        self.text = ''.join(lines)

    @staticmethod
    def _covered(observations: Iterable[Observation]) -> Iterable[str]:
        """What the ``...`` of lines that hold stood for."""
        for one in observations:
            if one.how is How.EXCERPT:
                continue
            patterns = [
                comparison.line_pattern(line.rstrip())
                for line in one.expected.splitlines()
                if ANYTHING in line and line.strip() != ANYTHING
            ]
            for line in comparison.readable(one.printed).splitlines():
                for pattern in patterns:
                    if match := pattern.fullmatch(line):
                        yield from match.groups()


def main() -> int:
    """Bring pages up to date and show what changed.

    Returns:
        0, or 2 if no page was changed, for a reason that is told.
    """
    end_on(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    arguments = _parse()
    console = Console(highlight=False, soft_wrap=True)
    try:
        names = _page_names(arguments.page, arguments.force)
        pages = [Page(name, (REPOSITORY / name).read_text()) for name in names]
        chapters = _headings(pages, arguments.chapter)
        _bless(pages, chapters, arguments.backend or [], console)
        for page in pages:
            _finish(page, console)
    except (BlessError, PlaygroundError) as error:
        print(f'bless: {error}', file=sys.stderr)
        return USAGE_ERROR
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog='make bless', description='Brings pages up to date.')
    parser.add_argument('page', nargs='*', help='such as README.md; without one, all pages')
    parser.add_argument('--chapter', metavar='NUMBER', help='such as 6; without one, all')
    parser.add_argument(
        '--backend', action='append', metavar='NAME', help='embedded, native or compose'
    )
    parser.add_argument('--force', action='store_true', help='also pages with changes')
    return parser.parse_args()


def _page_names(chosen: Sequence[str], may_have_changes: bool) -> Sequence[str]:
    known = [path.name for path in PAGES]
    for name in chosen:
        if name not in known:
            raise BlessError(f'there is no page {name!r}: choose one of {", ".join(known)}')
    names = chosen or known
    for name in names if not may_have_changes else []:
        _check_is_committed(name)
    return names


def _check_is_committed(page: str) -> None:
    try:
        status = subprocess.run(
            ['git', 'status', '--porcelain', '--', page],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        raise BlessError(
            f'git cannot tell whether {page} has changes that would be mixed with new ones:'
            ' add FORCE=1 if it has none that matter'
        ) from None
    if status.strip():
        raise BlessError(
            f'{page} has changes that are not committed, and new ones would be mixed with them:'
            ' commit or undo them, or add FORCE=1'
        )


def _headings(pages: Sequence[Page], number: str | None) -> list[str]:
    if number is None:
        return []
    lines = [line for page in pages for line in page.text.splitlines()]
    found = [line for line in lines if line.startswith(f'## {number}. ')]
    if not found:
        names = ', '.join(page.name for page in pages)
        raise BlessError(f'no chapter {number} in {names}')
    return found


def _bless(
    pages: Sequence[Page], chapters: Sequence[str], backends: Sequence[str], console: Console
) -> None:
    """Run and rewrite until all holds.

    Raises:
        BlessError: a command could not be run, or prints something else each time.
    """
    with Session() as session:
        repository = copy_repository(session.folder / 'notes')
        for number in range(1, RUNS + 1):
            console.print(f'run {number}:', '; '.join(chapters) or ', '.join(p.name for p in pages))
            observations = _run(session, repository, pages, chapters, backends, number)
            where = sorted({one.backend for one in observations})
            console.print(f'  compared {len(observations)} outputs on {" and ".join(where)}')
            changed = {heading for page in pages for heading in page.take(observations)}
            if not changed:
                return
            chapters = sorted(changed)
            for page in pages:
                (repository / page.name).write_text(page.text)
    raise BlessError(f'these print something else in each of {RUNS} runs: {", ".join(chapters)}')


def _run(
    session: Session,
    repository: Path,
    pages: Sequence[Page],
    chapters: Sequence[str],
    backends: Sequence[str],
    number: int,
) -> list[Observation]:
    folder = session.folder / f'run-{number}'
    folder.mkdir()
    count = len(chapters) or sum(page.text.count('\n## ') for page in pages)
    processes = min(MOST_PROCESSES, count // 2)
    command = [
        *(sys.executable, '-m', 'pytest', '-q', '-n', str(processes), '--record', str(folder)),
        *(f'--backend={backend}' for backend in backends),
        *(f'--chapter={heading}' for heading in chapters),
        *(page.name for page in pages),
    ]
    terminal = Terminal(
        session, f'pytest-{number}', shlex.join(command), clean_for_terminal(os.environ), repository
    )
    status = terminal.wait(RUN_SECONDS)
    if status == NOTHING_SELECTED:
        raise BlessError('nothing in these chapters is run')
    if status != PASSED:
        output = terminal.output.replace(str(repository), '.')
        raise BlessError(f'{output}\na command could not be run, so no page was changed')
    return list(recorded(folder))


def _finish(page: Page, console: Console) -> None:
    path = REPOSITORY / page.name
    text = coverage.with_foot(page.text)
    if text == page.before:
        console.print(f'{page.name} is up to date')
        return
    if path.read_text() != page.before:
        raise BlessError(f'{page.name} has changed meanwhile: run this again')
    path.write_text(text)
    styles = {'+': 'green', '-': 'red', '@': 'cyan'}
    difference = difflib.unified_diff(
        page.before.splitlines(), text.splitlines(), page.name, page.name, n=1, lineterm=''
    )
    for line in difference:
        console.print(line, style=styles.get(line[:1]), markup=False)


if __name__ == '__main__':
    sys.exit(main())
