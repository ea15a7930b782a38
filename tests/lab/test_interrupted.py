"""A lab that is ended in the middle of its work leaves nothing, and nothing runs on."""

import signal
import sys
from pathlib import Path

import pytest

from playground.waiting import wait_until
from tests.backends import skip_without_native
from tests.live.launcher import Launcher

SECONDS = 180.0
FAULTS = ('lab.faults', '--quick', '1', '--fault', 'sigterm')
THROUGHPUT = ('lab.throughput',)


@pytest.fixture
def installed(request: pytest.FixtureRequest) -> None:
    """The servers of make faults."""
    skip_without_native(request.config)


@pytest.mark.parametrize(
    ('command', 'logs', 'number'),
    [
        (FAULTS, 'worker-*.log', signal.SIGINT),
        (FAULTS, 'worker-*.log', signal.SIGTERM),
        (FAULTS, 'worker-*.log', signal.SIGKILL),
        (THROUGHPUT, 'lab-*.log', signal.SIGINT),
        (THROUGHPUT, 'lab-*.log', signal.SIGKILL),
    ],
)
def test_nothing_is_left(
    installed: None,
    launcher: Launcher,
    command: tuple[str, ...],
    logs: str,
    number: signal.Signals,
    tmp_path: Path,
) -> None:
    launcher.start(sys.executable, '-m', *command, '--results', str(tmp_path / 'results.json'))
    assert launcher.process is not None

    def works() -> bool:
        return any(launcher.temporary.glob(f'*/{logs}'))

    runs = launcher.process.poll
    assert wait_until(works, SECONDS, lambda: runs() is None), launcher.output
    launcher.signal(number)
    expected = -number if number == signal.SIGKILL else 128 + number
    assert launcher.wait(SECONDS) == expected
    launcher.assert_nothing_is_left()
