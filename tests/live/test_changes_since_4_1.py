"""Chapter 12 with a broker: each form of today works, and what the old ones do that need one."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from playground import processes
from playground.services.running import Services
from playground.session import Session
from playground.terminal import Terminal
from tests.changes import (
    CHANGES,
    RUNS_ON,
    Change,
    assert_ends,
    assert_prints,
    environment,
    fresh_folder,
)

# These two do not end by themselves. `multi` starts workers too, but it ends.
SERVERS = (' worker ', ' flower')

Run = Callable[[str], Terminal]


@pytest.fixture
def run(running: Services, tmp_path: Path) -> Iterator[Run]:
    """Run a command in a folder of its own, and end what it has started, daemons too."""
    folder = fresh_folder(tmp_path)
    with Session() as session:
        yield lambda command: Terminal(
            session, 'command', command, environment(folder, running), folder
        )
        # At once: a worker takes seconds to say goodbye.
        processes.kill(processes.marked(session.identifier, 'terminal'))


@pytest.mark.parametrize('change', CHANGES, ids=lambda change: change.new)
def test_the_form_of_today_works(change: Change, run: Run) -> None:
    terminal = run(change.new)
    assert_prints(terminal, change.new_prints)
    runs_on = any(server in f'{change.new} ' for server in SERVERS)
    assert_ends(terminal, RUNS_ON if runs_on else '0')


@pytest.mark.parametrize(
    'change',
    [change for change in CHANGES if not change.fails_alone],
    ids=lambda change: change.old,
)
def test_the_old_form_does_what_is_printed(change: Change, run: Run) -> None:
    terminal = run(change.old)
    assert_prints(terminal, change.old_prints)
    assert_ends(terminal, change.status)
