"""A session ends what it has started, whatever that has become."""

import os

import psutil

from playground.processes import SESSION_MARK
from playground.session import Session
from playground.waiting import wait_until

SECONDS = 30.0


def test_a_process_that_does_not_show_its_mark_is_ended() -> None:
    """As none does while it becomes another program."""
    with Session() as session:
        child = session.start('terminal', ['env', '-i', '/bin/sleep', '600'], os.environ)
        process = psutil.Process(child.pid)
        assert wait_until(lambda: process.name() == 'sleep', SECONDS)
        assert SESSION_MARK not in process.environ()
    assert child.poll() is not None
