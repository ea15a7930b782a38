"""The lab counts right what is known: tasks that nobody ran, or that ran twice."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from lab.faults.count import Counts, count, interval, longest_pause, most_runs, within
from lab.faults.ledger import EFFECT, END, START, Ledger
from playground.virtual_environment import REPOSITORY


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / 'ledger.sqlite3'


@pytest.fixture
def ledger(path: Path) -> Ledger:
    made = Ledger(path)
    made.make()
    return made


def run(ledger: Ledger, numbers: Sequence[int]) -> None:
    for number in numbers:
        ledger.start(number)
        ledger.effect(number)
        ledger.end(number)


def counts(**different: int) -> Counts:
    none = dict.fromkeys(Counts.__dataclass_fields__, 0)
    return Counts(**{**none, **different})


def test_what_ran_once_is_neither_lost_nor_doubled(ledger: Ledger) -> None:
    run(ledger, [0, 1, 2])
    found = count([0, 1, 2], [0, 1, 2], ledger.read())
    assert found == counts(attempted=3, accepted=3, executed=3)


def test_a_lost_task_is_seen_as_lost(ledger: Ledger) -> None:
    run(ledger, [0])
    ledger.start(1)
    found = count([0, 1, 2], [0, 1, 2], ledger.read())
    assert found == counts(attempted=3, accepted=3, executed=1, lost=2, interrupted=1)


def test_a_task_that_was_never_accepted_is_not_lost(ledger: Ledger) -> None:
    run(ledger, [0])
    found = count([0, 1], [0], ledger.read())
    assert found == counts(attempted=2, accepted=1, executed=1)


def test_a_call_that_raised_and_ran_is_recovered(ledger: Ledger) -> None:
    run(ledger, [0, 1])
    found = count([0, 1], [0], ledger.read())
    assert found == counts(attempted=2, accepted=1, executed=2, recovered=1)


def test_a_doubled_task_is_seen_as_doubled_but_not_with_its_key(ledger: Ledger) -> None:
    run(ledger, [0, 1, 0, 0])
    found = count([0, 1], [0, 1], ledger.read())
    assert found == counts(attempted=2, accepted=2, executed=2, duplicated=2)


def test_the_task_that_ran_most_often_is_found(ledger: Ledger) -> None:
    assert most_runs(ledger.read()) == 0
    run(ledger, [0, 1, 0])
    # As a task that ends its process: it begins, and no more.
    for _ in range(4):
        ledger.start(-1)
    assert most_runs(ledger.read()) == 4


def test_slots_at_the_edges_are_not_counted(ledger: Ledger) -> None:
    run(ledger, [6, 7, 8, 8, 10, 10])
    readings = within([7, 8, 9], ledger.read())
    assert len(readings.moments) == len(readings.starts) == 3
    found = count([7, 8, 9], [7, 8, 9], readings)
    assert found == counts(attempted=3, accepted=3, executed=2, lost=1, duplicated=1)


def test_a_key_that_does_not_work_is_seen(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        'lab.faults.ledger.TABLES',
        'CREATE TABLE events (kind, number, moment); CREATE TABLE keys (number)',
    )
    ledger._path.unlink()
    ledger.make()
    run(ledger, [0, 0])
    assert count([0], [0], ledger.read()).duplicated_once == 1


def test_a_task_that_nobody_sent_is_unexpected(ledger: Ledger) -> None:
    run(ledger, [0, 7])
    found = count([0], [0], ledger.read())
    assert found == counts(attempted=1, accepted=1, executed=1, unexpected=1)


def test_a_ledger_tells_how_far_the_last_run_is(ledger: Ledger) -> None:
    assert ledger.progress() == (0, None)
    run(ledger, [0, 1])
    assert ledger.progress() == (2, END)
    # Once more, after a kill: that it had its effect before does not count.
    ledger.start(0)
    assert ledger.progress() == (3, START)
    ledger.effect(0)
    # Its key was there already.
    assert ledger.progress() == (3, EFFECT)


WRITER = """
import sys
from pathlib import Path
from lab.faults.ledger import EFFECT, END, START, Ledger
ledger = Ledger(Path(sys.argv[1]))
number = int(sys.argv[2])
while True:
    ledger.start(number)
    ledger.effect(number)
    print('.', flush=True)
    number += 4
"""


def test_a_ledger_bears_writers_that_are_killed(ledger: Ledger, path: Path) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, '-c', WRITER, path, str(number)],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        for number in range(4)
    ]
    for writer in writers:
        assert writer.stdout is not None
        for _ in range(5):
            assert writer.stdout.readline()
    for writer in writers:
        os.killpg(writer.pid, signal.SIGKILL)
    for writer in writers:
        writer.communicate()
    readings = ledger.read()
    assert len(readings.effects) >= 20
    found = count(readings.starts, readings.starts, readings)
    # At most the run that each was in has no effect.
    assert found.lost <= 4
    assert (found.duplicated, found.duplicated_once, found.unexpected) == (0, 0, 0)
    run(ledger, [-1])
    assert ledger.read().effects[-1] == -1


# R. G. Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I, method 3.
@pytest.mark.parametrize(
    ('found', 'of', 'lower', 'upper'),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_wilsons(found: int, of: int, lower: float, upper: float) -> None:
    assert [round(end, 4) for end in interval(found, of)] == [lower, upper]
    # The same the other way round.
    assert [round(1 - end, 4) for end in interval(of - found, of)] == [upper, lower]


def test_the_longest_pause_is_from_a_fault_to_the_next_start() -> None:
    assert longest_pause([10, 20], [9, 10.5, 12, 23, 24]) == 3
    assert longest_pause([10, 20], [9, 10.5]) == 0.5
    assert longest_pause([10], [9]) is None
