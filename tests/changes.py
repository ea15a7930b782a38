"""The table of from-4.1.md, and a folder in which its commands can run."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from playground.ports import LOOPBACK, free_port
from playground.services.running import Services
from playground.terminal import Terminal, reader_environment
from playground.virtual_environment import REPOSITORY
from tests.notes.comparison import is_same, readable
from tests.page_tables import table
from tests.repository_copy import with_celery_of

RUNS_ON = 'runs on'
SECONDS = 60.0

# What an ordinary user finds on a fresh machine, for tests that run as root or beside a Celery
# of the system: neither folder is there, and neither can be made.
ORDINARY_USER = """
import errno, os, sys
FOLDERS = '/var/run/celery', '/var/log/celery'
exists = os.path.exists
os.path.exists = lambda path: path not in FOLDERS and exists(path)
def refuse(event, arguments):
    if event == 'os.mkdir' and arguments[0] in FOLDERS:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), arguments[0])
sys.addaudithook(refuse)
"""


@dataclass(frozen=True)
class Change:
    """A row: the command of 2018 and what becomes of it, the command of today and its answer."""

    old: str
    old_prints: str
    status: str
    new: str
    new_prints: str

    @property
    def fails_alone(self) -> bool:
        """Whether the old command ends in an error before it needs a broker."""
        return self.status in ('1', '2')


CHANGES = [
    Change(*row) for row in table('in 2018', 'prints today', 'exit', 'form of today', 'prints')
]


def fresh_folder(folder: Path) -> Path:
    """Put the app of the commands into a folder, for they leave pid and log files."""
    shutil.copy(REPOSITORY / 'vege.py', folder)
    (folder / 'python').mkdir()
    (folder / 'python' / 'sitecustomize.py').write_text(ORDINARY_USER)
    return folder


def environment(folder: Path, services: Services | None = None) -> dict[str, str]:
    """The environment of the commands; Flower gets a free port, on loopback only."""
    return {
        **with_celery_of(folder, reader_environment(services)),
        'PYTHONPATH': str(folder / 'python'),
        'FLOWER_ADDRESS': LOOPBACK,
        'FLOWER_PORT': str(free_port()),
    }


def assert_prints(terminal: Terminal, expected: str) -> None:
    """Wait for a line."""

    def printed(output: str) -> bool:
        return any(is_same(expected, line.strip()) for line in readable(output).splitlines())

    terminal.wait_until(printed, SECONDS, f'the line {expected}')


def assert_ends(terminal: Terminal, status: str) -> None:
    """Compare the exit status; a command that runs on must still do so."""
    if status == RUNS_ON:
        assert terminal.runs
    else:
        assert str(terminal.wait(SECONDS)) == status
