"""make demo: what it shows, and that it leaves nothing behind however it ends."""

import re
import signal
import sys

import pytest

from playground.services.running import Services
from tests.live.launcher import Launcher

DEMO_SECONDS = 90.0


def test_demo_shows_what_the_notes_promise(started: Services, launcher: Launcher) -> None:
    command = ('make', 'demo', f'BACKEND={started.backend}', f'PYTHON={sys.executable}')
    launcher.start(*command, variables=started.choices)
    assert launcher.wait(DEMO_SECONDS) == 0, launcher.output
    for shown in (
        ">>> r = hello.delay('Chris')\n  >>> r.get(timeout=10)\n  'hello Chris'",
        ">>> r.status\n  'SUCCESS'",
        ">>> r2.get(timeout=10)\n  'hello Mark'",
        'chain(add.s(2, 3), mul.s(4))().get(timeout=10)\n  20',
        'group(add.s(i, i) for i in range(5))().get(timeout=10)\n  [0, 2, 4, 6, 8]',
        'xsum.s())().get(timeout=10)\n  20',
        '3 nodes online.',
        'HTTP status 401',
        "'hello there'",
    ):
        assert shown in launcher.output
    assert re.search(r'3 workers: basic_setup-.*, vege-.*, vege2-', launcher.output)
    [tasks] = re.findall(r'tasks run +│ (\d+) ', launcher.output)
    # Two calls, two in the chain, five in the group, six in the chord, one tick or more.
    assert int(tasks) >= 16
    assert re.search(rf'back-end +│ {started.backend} ', launcher.output)
    launcher.assert_nothing_is_left()


@pytest.mark.parametrize(
    ('step', 'number', 'status'),
    [
        ('Services:', signal.SIGTERM, 128 + signal.SIGTERM),
        ('Workers:', signal.SIGINT, 128 + signal.SIGINT),
        ('--basic-auth', signal.SIGKILL, -signal.SIGKILL),
        ('Calls:', signal.SIGTERM, 128 + signal.SIGTERM),
        ('Monitoring:', signal.SIGHUP, 128 + signal.SIGHUP),
        ('Beat:', signal.SIGKILL, -signal.SIGKILL),
    ],
)
def test_a_signal_at_any_step_leaves_nothing(
    launcher: Launcher, step: str, number: signal.Signals, status: int
) -> None:
    launcher.playground('demo', '--backend', 'embedded')
    launcher.wait_for(step)
    launcher.signal(number)
    assert launcher.wait() == status
    assert 'Traceback' not in launcher.output
    launcher.assert_nothing_is_left()


def test_control_c_while_rabbitmq_starts_leaves_nothing(
    started: Services, launcher: Launcher
) -> None:
    command = ('make', 'demo', f'BACKEND={started.backend}', f'PYTHON={sys.executable}')
    launcher.start(*command, variables=started.choices)
    launcher.wait_for('Services:')
    launcher.press_control_c()
    assert launcher.wait() == -signal.SIGINT
    assert 'Traceback' not in launcher.output
    launcher.assert_nothing_is_left()
