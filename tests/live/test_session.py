"""A session ends what it has started, whatever that has become."""

import os
import signal
import subprocess
import sys

import psutil

from playground.processes import SESSION_MARK
from playground.session import Session
from playground.virtual_environment import REPOSITORY
from playground.waiting import wait_until

SECONDS = 30.0

# Popen.wait holds that lock for a moment again and again; here the signal always finds it held.
INTERRUPTED_WHILE_IT_WAITS = """
import os, signal
from playground.session import Session, end_on

session = Session()
end_on(signal.SIGTERM)
child = session.start('terminal', ['sleep', '600'], os.environ)
child._waitpid_lock.acquire()
os.kill(os.getpid(), signal.SIGTERM)
print('it goes on')
"""


def test_a_process_that_does_not_show_its_mark_is_ended() -> None:
    """As none does while it becomes another program."""
    with Session() as session:
        child = session.start('terminal', ['env', '-i', '/bin/sleep', '600'], os.environ)
        process = psutil.Process(child.pid)
        assert wait_until(lambda: process.name() == 'sleep', SECONDS)
        assert SESSION_MARK not in process.environ()
    assert child.poll() is not None


def test_a_signal_in_the_middle_of_a_wait_ends_the_program() -> None:
    ended = subprocess.run(
        [sys.executable, '-c', INTERRUPTED_WHILE_IT_WAITS],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert ended.stdout == ''
    assert ended.stderr.split('\n')[1:2] == [
        'playground: ended by a signal; everything it started has ended too'
    ]
    assert 'Traceback' not in ended.stderr
    assert ended.returncode == 128 + signal.SIGTERM
