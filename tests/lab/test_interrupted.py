"""make faults that is ended in the middle of its work leaves nothing, and nothing runs on."""

import signal
import sys

import pytest

from playground.waiting import wait_until
from tests.backends import skip_without_native
from tests.live.launcher import Launcher

SECONDS = 180.0


@pytest.fixture
def installed(request: pytest.FixtureRequest) -> None:
    """The servers of make faults."""
    skip_without_native(request.config)


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left(installed: None, launcher: Launcher, number: signal.Signals) -> None:
    launcher.start(sys.executable, '-m', 'lab.faults', '--quick', '1', '--fault', 'sigterm')
    assert launcher.process is not None

    def works() -> bool:
        return any(launcher.temporary.glob('*/worker-*.log'))

    runs = launcher.process.poll
    assert wait_until(works, SECONDS, lambda: runs() is None), launcher.output
    launcher.signal(number)
    expected = -number if number == signal.SIGKILL else 128 + number
    assert launcher.wait(SECONDS) == expected
    launcher.assert_nothing_is_left()
