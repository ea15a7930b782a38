"""What commands say that cannot work, and the same ones put right: troubleshooting.md."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from celery.platforms import check_privileges

from playground.ports import LOOPBACK
from playground.session import Session
from playground.terminal import Terminal, reader_environment
from tests.live.conftest import terminals

SECONDS = 60.0

TASK = """from celery import Celery
app = Celery({name!r}, broker='memory://')
@app.task
def hello(name):
    return name
"""
SCHEDULE = """
app.conf.beat_schedule = {{'greet': {{'task': '{name}.hello', 'schedule': 1, 'args': {args}}}}}
"""
RECEIVER = """
@app.on_after_configure.connect
def set_up(sender):
    sender.add_periodic_task(1, hello.s('friend'), name='greet')
"""

FILES = {
    'shop.py': TASK.format(name='shop'),
    'no_app.py': 'x = 1\n',
    'broken.py': 'import nothing_of_that_name\n',
    'shadow/celery.py': 'from celery import Celery\n',
    'receiver.py': TASK.format(name='receiver') + RECEIVER,
    'damaged-schedule': 'not a database\n',
    'running.pid': f'{os.getpid()}\n',
}
FILES |= {
    f'{name}.py': TASK.format(name=name) + SCHEDULE.format(name=name, args=args)
    for name, args in (('letters', "('friend')"), ('number', '(5)'), ('tuples', "('friend',)"))
}

# What is typed, the end of what it says, and its exit status.
MISTAKES = [
    (
        'celery -A nope worker',
        'Error: \nUnable to load celery application.\nThe module nope was not found.\n',
        2,
    ),
    (
        'celery -A no_app worker',
        "Error: \nUnable to load celery application.\nModule 'no_app' has no attribute 'celery'\n",
        2,
    ),
    (
        'celery -A broken worker 2>&1 | grep -A 1 "Unable to load"; exit 2',
        'Unable to load celery application.\n'
        'While trying to load the module broken the following error occurred:\n',
        2,
    ),
    ('celery worker -A shop', "Error: No such option '-A'.\n", 2),
    ('celery -A shop wroker 2>&1 | grep Error; exit 2', "Error: No such command 'wroker'.\n", 2),
    (
        'celery -A shop inspect ping -t 0.1 2>&1 | tail -n 1; exit 69',
        'Error: No nodes replied within time constraint\n',
        69,
    ),
    (
        'celery -A shop beat --pidfile=running.pid -s other-schedule',
        f'ERROR: Pidfile (running.pid) already exists.\n'
        f"Seems we're already running? (pid: {os.getpid()})\n",
        73,
    ),
    (
        'celery -A number beat --pidfile= -s number-schedule',
        "'int' object is not iterable\n",
        1,
    ),
    (
        'celery -A receiver beat --pidfile= -s receiver-schedule',
        "ValueError: Couldn't import 'receiver':"
        ' Signal receiver must accept keyword arguments.\n\n',
        2,
    ),
]

SHADOW = "ImportError: cannot import name 'Celery' from partially initialized module 'celery'"
SHADOW_SINCE_3_13 = 'if it has the same name as a library you intended to import)'
LETTERS = (
    "Message Error: Couldn't apply scheduled task greet:"
    ' hello() takes 1 positional argument but 6 were given'
)
DAMAGED = "Removing corrupted schedule file 'damaged-schedule': "
SENT = 'Scheduler: Sending due task greet (tuples.hello)'
UNREACHABLE = (
    'consumer: Cannot connect to amqp://guest:**@127.0.0.1:9//: [Errno 111] Connection refused.\n'
    'Trying again in 2.00 seconds... (1/100)\n'
)
ROOT = (
    "SecurityWarning: You're running the worker with superuser privileges: this is\n"
    'absolutely not recommended!'
)
TAKEN = 'OSError: [Errno 98] Address already in use'


@pytest.fixture
def type_in(session: Session, tmp_path: Path) -> Iterator[Callable[[str], Terminal]]:
    """Types a command in a folder that has the files."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    with terminals(session) as start:
        yield lambda command: start(command, reader_environment(), tmp_path)


@pytest.mark.parametrize(
    ('command', 'message', 'status'), MISTAKES, ids=[command for command, _, _ in MISTAKES]
)
def test_what_a_command_says_as_it_ends(
    type_in: Callable[[str], Terminal], command: str, message: str, status: int
) -> None:
    terminal = type_in(command)
    assert terminal.wait(SECONDS) == status
    assert terminal.output.endswith(message)


def test_a_file_of_your_own_named_celery(type_in: Callable[[str], Terminal]) -> None:
    terminal = type_in('cd shadow && python celery.py')
    assert terminal.wait(SECONDS) == 1
    assert SHADOW in terminal.output or SHADOW_SINCE_3_13 in terminal.output


def test_what_beat_says_and_goes_on(type_in: Callable[[str], Terminal]) -> None:
    letters = type_in('celery -A letters beat -l info --pidfile= -s letters-schedule')
    tuples = type_in('celery -A tuples beat -l info --pidfile= -s damaged-schedule')
    letters.wait_for(LETTERS, SECONDS)
    tuples.wait_for(DAMAGED, SECONDS)
    tuples.wait_for(SENT, SECONDS)


def test_a_worker_without_a_broker(type_in: Callable[[str], Terminal]) -> None:
    worker = type_in(f"CELERY_BROKER_URL='amqp://{LOOPBACK}:9//' celery -A shop worker -P solo")
    worker.wait_for(UNREACHABLE, SECONDS)
    assert worker.runs


def test_root_is_warned(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in 'getuid', 'getgid', 'geteuid', 'getegid':
        monkeypatch.setattr(os, name, lambda: 0)
    with pytest.warns() as warned:
        check_privileges(['json'])
    assert f'{warned[0].category.__name__}: {warned[0].message}'.startswith(ROOT)


def test_flowers_port_is_taken(type_in: Callable[[str], Terminal]) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        port = other.getsockname()[1]
        flower = type_in(f'celery -A shop flower --address={LOOPBACK} --port={port}')
        assert flower.wait(SECONDS) == 1
        assert TAKEN in flower.output
