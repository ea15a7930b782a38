"""What a machine can lack: one clear sentence, exit status 2, nothing left, nothing installed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from playground.ports import free_port
from playground.services import native
from tests.live.launcher import Launcher
from tests.live.test_bad_situations import assert_refused
from tests.repository_copy import files_of

# As root in a room of its own for mounts, else as root of a room of its own.
ROOM = ['unshare', '--mount', *([] if os.geteuid() == 0 else ['--map-root-user'])]
SMALL_DISK = 'mount -t tmpfs -o size=1m none "$1" && shift && exec "$@"'
READ_ONLY = (
    'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && cd "$1" && shift && exec "$@"'
)


@pytest.fixture
def small_disk(launcher: Launcher) -> list[str]:
    """Begins a command for which the folder that follows is a disk of 1 MB."""
    return _room(SMALL_DISK, launcher)


@pytest.fixture
def read_only(launcher: Launcher) -> list[str]:
    """Begins a command for which the folder that follows cannot be written."""
    return _room(READ_ONLY, launcher)


def _room(script: str, launcher: Launcher) -> list[str]:
    command = [*ROOM, 'sh', '-c', script, 'sh']
    try:
        tried = subprocess.run(
            [*command, launcher.temporary, 'true'], capture_output=True, text=True, timeout=10
        )
    except FileNotFoundError:
        pytest.skip('there is no unshare on this machine')
    if tried.returncode:
        pytest.skip(f'this user may not mount: {tried.stderr.strip()}')
    return command


def playground(*arguments: str) -> list[str]:
    return [sys.executable, '-m', 'playground', *arguments]


def without_packages(launcher: Launcher) -> Path:
    """Take the packages away from the copy."""
    path = launcher.repository / '.venv'
    path.unlink()
    return path


def test_there_is_no_bash(launcher: Launcher) -> None:
    launcher.playground('demo', variables={'PATH': '/nonexistent'})
    assert_refused(launcher, 'there is no bash on PATH', 'install it')


def test_too_few_files_may_be_open(launcher: Launcher) -> None:
    launcher.start('sh', '-c', 'ulimit -n 64; exec "$@"', 'sh', *playground('demo'))
    assert_refused(launcher, 'may open only 64 files', 'ulimit -n 1024')


def test_a_file_of_the_reader_hides_a_package(launcher: Launcher) -> None:
    (launcher.repository / 'redis.py').touch()
    launcher.files = files_of(launcher.repository)
    launcher.playground('demo')
    assert_refused(launcher, 'redis.py hides the module redis', 'another name')


def test_the_disk_for_temporary_files_is_full(launcher: Launcher, small_disk: list[str]) -> None:
    launcher.start(*small_disk, str(launcher.temporary), *playground('demo'))
    assert_refused(launcher, 'MB are free in', 'and the services need', 'TMPDIR=')


def test_the_disk_for_the_packages_is_full(launcher: Launcher, small_disk: list[str]) -> None:
    folder = without_packages(launcher)
    folder.mkdir()
    launcher.start(*small_disk, str(folder), *playground('demo'))
    assert_refused(launcher, 'MB are free in', 'and .venv needs', 'make room')
    assert list(folder.iterdir()) == []


def test_what_is_said_cannot_be_written(launcher: Launcher) -> None:
    script = '"$@" >/dev/full'
    launcher.start('sh', '-c', script, 'sh', *playground('demo', '--backend', 'embedded'))
    assert_refused(launcher, 'No space left on device', 'make room')


def test_nobody_reads_what_is_said(launcher: Launcher) -> None:
    script = 'set -o pipefail; "$@" | head -1'
    launcher.start('bash', '-c', script, 'bash', *playground('demo', '--backend', 'embedded'))
    assert launcher.wait() == 1
    assert launcher.output == 'Services: starting a broker and a result backend\n'
    launcher.assert_nothing_is_left()


def test_nothing_can_be_said_at_all(launcher: Launcher) -> None:
    script = 'exec "$@" <&- >&- 2>&-'
    command = playground('play', '--backend', 'embedded', '--flower-port', str(free_port()))
    launcher.start('sh', '-c', script, 'sh', *command)
    launcher.wait_for_file('.playground/env')
    launcher.signal(signal.SIGTERM)
    assert launcher.wait() == 128 + signal.SIGTERM
    launcher.assert_nothing_is_left()


def test_the_clone_cannot_be_written(launcher: Launcher, read_only: list[str]) -> None:
    folder = without_packages(launcher).parent
    launcher.start(*read_only, str(folder), *playground('demo'))
    assert_refused(launcher, 'cannot be written, and .venv is made there', 'a folder of your own')


def test_play_cannot_write_its_file(launcher: Launcher, read_only: list[str]) -> None:
    (launcher.repository / '.playground').mkdir()
    launcher.start(*read_only, str(launcher.repository), *playground('play'))
    assert_refused(launcher, '.playground cannot be written', 'a folder of your own')


def test_timeline_cannot_write_its_picture(launcher: Launcher, read_only: list[str]) -> None:
    launcher.start(*read_only, str(launcher.repository), *playground('timeline', 'chord'))
    assert_refused(launcher, 'Read-only file system', 'timeline-chord.svg')


@pytest.mark.parametrize(
    ('name', 'arguments'), [('.venv', ['demo']), ('.playground', ['play', '--backend', 'embedded'])]
)
def test_a_file_has_the_name_of_a_folder(
    launcher: Launcher, name: str, arguments: list[str]
) -> None:
    path = launcher.repository / name
    path.unlink(missing_ok=True)
    path.touch()
    launcher.files = files_of(launcher.repository)
    launcher.playground(*arguments)
    assert_refused(launcher, f'{name} is a file', 'remove or rename it')


def test_rabbitmq_takes_no_quotation_mark_in_its_folder(launcher: Launcher) -> None:
    if native.missing():
        pytest.skip('native is not installed')
    folder = launcher.temporary / "Bob's"
    folder.mkdir()
    launcher.playground('demo', '--backend', 'native', variables={'TMPDIR': str(folder)})
    assert launcher.wait() == 2
    assert 'RabbitMQ does not start in a folder with' in launcher.output
    assert list(folder.iterdir()) == []
    folder.rmdir()
    launcher.assert_nothing_is_left()
