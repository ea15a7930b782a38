"""Runs the playground as a reader does, and looks at what it leaves behind."""

import os
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Mapping
from pathlib import Path

from playground.processes import SESSION_MARK, marked
from playground.waiting import wait_until
from tests.repository_copy import copy_repository, files_of

START_SECONDS = 60.0
END_SECONDS = 30.0

# Of a test's environment: its back-end, and the `make test` around it, which `make` would announce.
NOT_A_READERS = (
    *('CELERY_', 'NOTES_', 'MAKE', 'MFLAGS'),
    *('BACKEND', 'CANVAS', 'FLOWER_PORT'),
)


class Launcher:
    """A command in a copy of the repository, with a temporary folder of its own.

    Both folders have a space in their names. The command's processes carry a mark.
    """

    def __init__(self) -> None:
        """Copy the repository."""
        self.mark = uuid.uuid4().hex
        # Not in pytest's own folder: RabbitMQ, which root runs as another user, cannot enter it.
        self._folder = tempfile.TemporaryDirectory(prefix='celery notes ')
        folder = Path(self._folder.name)
        folder.chmod(0o711)
        self.repository = copy_repository(folder / 'celery notes')
        self.temporary = folder / 'temporary files'
        self.temporary.mkdir(mode=0o711)
        self.log = folder / 'output.log'
        self.files = files_of(self.repository)
        self.process: subprocess.Popen[bytes] | None = None

    def rename(self, name: str) -> None:
        """Give the copy another name."""
        self.repository = self.repository.rename(self.repository.with_name(name))

    def start(self, *command: str, variables: Mapping[str, str] | None = None) -> None:
        """Start a command, such as ``make demo``.

        Args:
            command: the program and its arguments.
            variables: for its environment.
        """
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(NOT_A_READERS)
        }
        marks = {SESSION_MARK: self.mark, 'TMPDIR': str(self.temporary), 'PYTHONUNBUFFERED': '1'}
        with self.log.open('wb') as output:
            self.process = subprocess.Popen(
                command,
                env={**environment, **marks, **(variables or {})},
                cwd=self.repository,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def playground(self, *arguments: str, variables: Mapping[str, str] | None = None) -> None:
        """Start ``python -m playground`` with these arguments."""
        self.start(sys.executable, '-m', 'playground', *arguments, variables=variables)

    @property
    def output(self) -> str:
        """All that the command printed so far."""
        return self.log.read_text(errors='replace')

    def wait_for(self, text: str, seconds: float = START_SECONDS) -> None:
        """Wait until the command has printed a text."""
        assert self.process is not None
        runs = self.process.poll
        assert wait_until(lambda: text in self.output, seconds, lambda: runs() is None), (
            f'no {text!r} in:\n{self.output}'
        )

    def wait_for_file(self, name: str) -> None:
        """Wait until the command has made a file in the copy."""
        assert wait_until((self.repository / name).exists, START_SECONDS), f'no {name}'

    def wait(self, seconds: float = START_SECONDS) -> int:
        """Wait for the command's end and return its exit status."""
        assert self.process is not None
        return self.process.wait(seconds)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the command alone."""
        assert self.process is not None
        self.process.send_signal(number)

    def press_control_c(self) -> None:
        """Send SIGINT to the command's process group, as a terminal does."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGINT)

    def assert_nothing_is_left(self) -> None:
        """Fail if a process, or a file that was not there before, outlives the command."""
        wait_until(lambda: not marked(self.mark) and not self._files(), END_SECONDS)
        processes = [process.cmdline() for process in marked(self.mark)]
        assert processes == [], processes
        assert self._files() == []
        assert files_of(self.repository) == self.files

    def close(self) -> None:
        """Remove the folders, and end what a test that has failed left running."""
        for process in marked(self.mark):
            process.kill()
        self._folder.cleanup()

    def _files(self) -> list[Path]:
        return list(self.temporary.iterdir())
