"""What tasks have done, noted by themselves: Celery has no part in it."""

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LOCK_SECONDS = 60.0

START, EFFECT, EFFECT_ONCE, END = 'start', 'effect', 'effect_once', 'end'

TABLES = """
CREATE TABLE events (kind TEXT, number INTEGER, moment REAL);
CREATE INDEX kinds ON events (kind);
CREATE TABLE keys (number INTEGER PRIMARY KEY);
"""


@dataclass(frozen=True)
class Readings:
    """What a ledger holds, each list in the order of its events.

    Attributes:
        starts: the task numbers of all runs that have begun.
        ends: of all that came to their end.
        effects: of all effects; a task that ran twice has two.
        effects_once: of all effects that were done only where the task's key was new.
        moments: when the runs began, in seconds of ``time.monotonic``.
    """

    starts: list[int]
    ends: list[int]
    effects: list[int]
    effects_once: list[int]
    moments: list[float]


class Ledger:
    """A file that a killed process leaves whole; many processes may write to it."""

    def __init__(self, path: Path) -> None:
        """Name the file; nothing is opened.

        Args:
            path: where it is, or will be.
        """
        self._path = path

    def make(self) -> None:
        """Make the file."""
        with self._transaction() as database:
            database.executescript(TABLES)

    def start(self, number: int) -> None:
        """Note that a run of a task begins."""
        self._note(START, number)

    def end(self, number: int) -> None:
        """Note that a run of a task ends."""
        self._note(END, number)

    def effect(self, number: int) -> None:
        """Do what the task is for, twice: without a thought, and only if its key is new."""
        self._note(EFFECT, number)
        with self._transaction() as database:
            found = database.execute('INSERT OR IGNORE INTO keys VALUES (?)', (number,))
            if found.rowcount:
                _insert(database, EFFECT_ONCE, number)

    def read(self) -> Readings:
        """Read all that was noted so far."""
        with self._transaction() as database:
            rows = database.execute('SELECT kind, number, moment FROM events ORDER BY rowid')
            events = rows.fetchall()

        def numbers(kind: str) -> list[int]:
            return [number for found, number, _ in events if found == kind]

        return Readings(
            starts=numbers(START),
            ends=numbers(END),
            effects=numbers(EFFECT),
            effects_once=numbers(EFFECT_ONCE),
            moments=[moment for kind, _, moment in events if kind == START],
        )

    def progress(self) -> tuple[int, str | None]:
        """Count the runs that have begun, and tell what the last of them has noted last."""
        with self._transaction() as database:
            [begun] = database.execute(
                'SELECT count(*) FROM events WHERE kind = ?', (START,)
            ).fetchone()
            last = database.execute(
                'SELECT number, rowid FROM events WHERE kind = ? ORDER BY rowid DESC LIMIT 1',
                (START,),
            ).fetchone()
            if last is None:
                return 0, None
            [noted] = database.execute(
                'SELECT kind FROM events WHERE number = ? AND rowid >= ?'
                ' ORDER BY rowid DESC LIMIT 1',
                last,
            ).fetchone()
        return int(begun), str(noted)

    def size(self) -> int:
        """Count the events that were noted so far."""
        with self._transaction() as database:
            [size] = database.execute('SELECT count(*) FROM events').fetchone()
        return int(size)

    def _note(self, kind: str, number: int) -> None:
        with self._transaction() as database:
            _insert(database, kind, number)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        opened = sqlite3.connect(self._path, timeout=LOCK_SECONDS)
        with contextlib.closing(opened) as database, database:
            # Processes are killed here, not machines: what was handed to the system stays.
            database.execute('PRAGMA synchronous = OFF')
            yield database


def _insert(database: sqlite3.Connection, kind: str, number: int) -> None:
    database.execute('INSERT INTO events VALUES (?, ?, ?)', (kind, number, time.monotonic()))
