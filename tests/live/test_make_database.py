"""make database: a PostgreSQL for further terminals, and Ctrl-C ends it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from playground.ports import LOOPBACK
from playground.processes import marked
from playground.virtual_environment import ENVIRONMENT
from tests.backends import lacks_postgresql
from tests.live.launcher import Launcher
from tests.live.listeners import listening, refuses_from_outside

SECONDS = 30.0

SHARED_MEMORY = Path('/proc/sysvipc/shm')

ASK = """. .playground/database && python -c "
import os, psycopg
with psycopg.connect(os.environ['DATABASE_URL']) as connection:
    print(connection.execute('SHOW listen_addresses').fetchone()[0], connection.info.user)
" && echo "$BROKER_URL" """

MISLEADING = {
    'DATABASE_URL': 'postgresql://elsewhere/',
    'PGHOST': '192.0.2.1',
    'PGPASSWORD': 'theirs',
    'PGOPTIONS': '-c nonsense=1',
    'PGSERVICE': 'theirs',
}


@pytest.fixture(autouse=True)
def _there_is_a_postgresql(pytestconfig: pytest.Config) -> None:
    if reason := lacks_postgresql(pytestconfig):
        pytest.skip(reason)


def ask(launcher: Launcher, **variables: str) -> subprocess.CompletedProcess[str]:
    """Paste the line into another terminal, and ask the database there."""
    path = f'{ENVIRONMENT / "bin"}{os.pathsep}{os.defpath}'
    return subprocess.run(
        ['bash', '-c', ASK],
        env={'HOME': str(launcher.temporary), 'PATH': path, **variables},
        cwd=launcher.repository,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )


def shared_memory_of(process: int) -> list[str]:
    """The segments of shared memory that a process has made."""
    names, *segments = SHARED_MEMORY.read_text().splitlines()
    column = names.split().index('cpid')
    return [line for line in segments if line.split()[column] == str(process)]


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_it_serves_until_it_is_ended(launcher: Launcher, number: signal.Signals) -> None:
    launcher.rename('Bob\'s "nötes" $HOME')
    launcher.playground('database', variables=MISLEADING)
    launcher.wait_for('Ctrl-C ends ')
    assert launcher.output.startswith('PostgreSQL ')
    assert '  . .playground/database\n' in launcher.output

    answer = ask(launcher, BROKER_URL='kept', **MISLEADING)
    assert answer.stdout == f'{LOOPBACK} celeryman\nkept\n', answer.stderr
    message, names = answer.stderr.split(': ')
    assert message == 'Unset here, for they mislead the commands of the notes'
    assert sorted(names.split()) == sorted(set(MISLEADING) - {'DATABASE_URL'})

    [server] = marked(launcher.mark, 'database')
    assert shared_memory_of(server.pid)
    own = [server, *server.children()]
    assert not [process for process in own if process.net_connections('unix')]
    ours = listening(launcher.mark)
    assert {address for address, _ in ours} == {LOOPBACK}
    assert refuses_from_outside(port for _, port in ours)

    launcher.signal(number)
    status = {signal.SIGINT: 0, signal.SIGTERM: 128 + number, signal.SIGKILL: -number}
    assert launcher.wait() == status[number], launcher.output
    assert 'Traceback' not in launcher.output
    launcher.assert_nothing_is_left()
    psutil.wait_procs(own, SECONDS)
    assert [process for process in own if process.is_running()] == []
    assert shared_memory_of(server.pid) == []


def test_a_second_one_does_not_touch_the_first(launcher: Launcher) -> None:
    launcher.playground('database')
    launcher.wait_for('Ctrl-C ends ')
    second = subprocess.run(
        [sys.executable, '-m', 'playground', 'database'],
        cwd=launcher.repository,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert second.returncode == 2
    assert second.stderr.startswith('playground: another make database has .playground/database:')
    assert second.stderr.count('\n') == 1
    assert ask(launcher).stdout == f'{LOOPBACK} celeryman\n\n'
    launcher.signal(signal.SIGINT)
    assert launcher.wait() == 0
    launcher.assert_nothing_is_left()


def test_it_says_when_its_server_ends(launcher: Launcher) -> None:
    launcher.playground('database')
    launcher.wait_for('Ctrl-C ends ')
    [server] = marked(launcher.mark, 'database')
    server.send_signal(signal.SIGINT)
    assert launcher.wait() == 2
    last = launcher.output.splitlines()[-1]
    assert last == 'playground: PostgreSQL has ended: see why, then run this again'
    launcher.assert_nothing_is_left()


def test_without_postgresql_it_says_what_to_install(launcher: Launcher) -> None:
    module = launcher.repository / 'playground' / 'services' / 'postgresql.py'
    module.write_text(module.read_text().replace("'/usr/lib/postgresql'", "'/nonexistent'"))
    launcher.playground('database', variables={'PATH': os.defpath})
    assert launcher.wait() == 2
    assert launcher.output == (
        'playground: there is no PostgreSQL on this machine: install it (on Debian: sudo apt'
        ' install postgresql), or set DATABASE_URL to the address of a PostgreSQL of your own,'
        ' which does as well\n'
    )
    launcher.assert_nothing_is_left()
