"""The one place that runs a terminal: a command in the background, its output in a file."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil

from playground import environment, processes
from playground.errors import PlaygroundError
from playground.services.running import Services
from playground.session import Session
from playground.virtual_environment import ENVIRONMENT, REPOSITORY
from playground.waiting import wait_until

TAIL_LINES = 15
REAPING_SECONDS = 5.0


def reader_environment(services: Services | None = None) -> dict[str, str]:
    """The environment of a reader's terminal: .venv is active, the services' variables are set.

    What else the reader's environment holds is cleaned, so that no command goes elsewhere.

    Args:
        services: what the terminal's commands reach, if anything.
    """
    programs = services.programs if services else None
    folders = [programs, ENVIRONMENT / 'bin', os.environ.get('PATH', os.defpath)]
    return {
        **environment.clean_for_terminal(os.environ),
        **(services.environment if services else {}),
        'PATH': os.pathsep.join(str(folder) for folder in folders if folder),
        'VIRTUAL_ENV': str(ENVIRONMENT),
    }


class Terminal:
    """A command that runs beside us, as in a terminal window of its own.

    Its output goes to a file: a pipe that nobody reads would stall it.

    Attributes:
        name: for messages, and for the name of the file.
        command: as a reader types it.
        process: the process, leader of a process group.
    """

    def __init__(
        self,
        session: Session,
        name: str,
        command: str,
        environment: Mapping[str, str],
        folder: Path = REPOSITORY,
    ) -> None:
        """Start the command.

        Args:
            session: owns the process and the file.
            name: unique in the session.
            command: a line for bash.
            environment: the whole environment.
            folder: where the command runs.
        """
        self.name = name
        self.command = command
        self._log = session.folder / f'{name}.log'
        with self._log.open('wb') as output:
            self.process = session.start(
                'terminal',
                ['bash', '-c', command],
                environment,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
            )

    @property
    def output(self) -> str:
        """All that the command printed so far."""
        return self._log.read_text(errors='replace')

    @property
    def runs(self) -> bool:
        """Whether the command still runs."""
        return self.process.poll() is None

    def wait_for(self, text: str, seconds: float) -> None:
        """Wait until the command has printed a text.

        Args:
            text: what to wait for.
            seconds: the limit.

        Raises:
            PlaygroundError: it ended first, or the time was over.
        """
        self.wait_until(lambda output: text in output, seconds, f'“{text}”')

    def wait_until(self, condition: Callable[[str], bool], seconds: float, expected: str) -> None:
        """Wait until a condition on the output holds.

        Args:
            condition: asked with all output so far.
            seconds: the limit.
            expected: what the condition looks for, for the message.

        Raises:
            PlaygroundError: the command ended first, or the time was over.
        """
        if wait_until(lambda: condition(self.output), seconds, lambda: self.runs):
            return
        if self.runs:
            what = f'did not print {expected} within {seconds:.0f} seconds'
        else:
            what = f'ended with exit status {self.process.returncode} before it printed {expected}'
        raise PlaygroundError(f'`{self.command}` {what}; {self.last_words()}')

    def last_words(self) -> str:
        """Say how the output ends."""
        tail = '\n'.join(self.output.rstrip().splitlines()[-TAIL_LINES:])
        return f'its last lines were:\n{tail}' if tail else 'it printed nothing'

    def type(self, text: str) -> None:
        """Type a text, as on the terminal's keyboard.

        Raises:
            PlaygroundError: the command has ended.
        """
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(text.encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            raise PlaygroundError(f'`{self.command}` has ended; {self.last_words()}') from None

    def press_control_c(self) -> None:
        """Send SIGINT to the whole process group, as a terminal does."""
        os.killpg(self.process.pid, signal.SIGINT)

    def press_control_d(self) -> None:
        """End the command's input, as Ctrl-D does at a prompt."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def wait(self, seconds: float) -> int:
        """Wait for the end of the command.

        Args:
            seconds: the limit.

        Returns:
            The exit status.

        Raises:
            PlaygroundError: the time was over.
        """
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise PlaygroundError(
                f'`{self.command}` did not end within {seconds:.0f} seconds; {self.last_words()}'
            ) from None

    def descendants(self) -> list[psutil.Process]:
        """The processes that the command has started, and theirs."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self) -> int:
        """End the command and what it started, gently first.

        Returns:
            The exit status.
        """
        return self._end(processes.end)

    def kill(self) -> int:
        """End the command and what it started at once.

        Returns:
            The exit status.
        """
        return self._end(processes.kill)

    def _end(self, how: Callable[[list[psutil.Process]], None]) -> int:
        if self.runs:
            how([psutil.Process(self.process.pid), *self.descendants()])
        return self.process.wait(REAPING_SECONDS)
