"""A session: a private folder and marked processes, all of which end when it ends."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import psutil

from playground.errors import PlaygroundError
from playground.processes import ROLE_MARK, SESSION_MARK, Started
from playground.virtual_environment import REPOSITORY

CLEARING_SECONDS = 150.0
REAPING_SECONDS = 5.0

# RabbitMQ takes no message any more where less than 50 MB are free.
LEAST_FREE_MEGABYTES = 100

# rich hides it while it shows that something is waited for.
SHOW_CURSOR = '\x1b[?25h'

OPEN: list['Session'] = []


class Session:
    """Owns what a command starts. Leaving its ``with`` block leaves nothing behind.

    Attributes:
        identifier: the mark that its processes carry in their environment.
        folder: a private folder, removed at the end.
    """

    def __init__(self) -> None:
        """Start the guardian, then make the folder.

        Raises:
            PlaygroundError: there is no place for it.
        """
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            # A shell's background job ignores Ctrl-C, and so would all that it starts.
            signal.signal(signal.SIGINT, signal.default_int_handler)
        self.identifier = uuid.uuid4().hex
        self.folder = _temporary_folder() / f'celery-notes-{self.identifier[:8]}'
        self._closed = False
        # Threads may start processes; a signal may close the session in the middle of that.
        self._lock = threading.RLock()
        self._children: list[tuple[str, subprocess.Popen[bytes]]] = []
        self._guardian = subprocess.Popen(
            [sys.executable, '-m', 'playground.guardian', self.identifier],
            stdin=subprocess.PIPE,
            cwd=REPOSITORY,
            start_new_session=True,
        )
        self.owns(self.folder)
        self.folder.mkdir(mode=0o700)
        OPEN.append(self)

    def __enter__(self) -> 'Session':
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def owns(self, path: Path) -> None:
        """Have a file or folder removed at the end.

        Args:
            path: where it is, or will be.
        """
        self._tell_guardian({'remove': str(path)})

    def ends_with(self, command: list[str], environment: Mapping[str, str]) -> None:
        """Have a command run at the end, when the session's processes have gone.

        Args:
            command: the program and its arguments.
            environment: the whole environment.
        """
        self._tell_guardian({'run': command, 'environment': dict(environment)})

    def _tell_guardian(self, what: Mapping[str, Any]) -> None:
        assert self._guardian.stdin is not None
        self._guardian.stdin.write(f'{json.dumps(what)}\n'.encode())
        self._guardian.stdin.flush()

    def start(
        self,
        role: str,
        command: list[str],
        environment: Mapping[str, str],
        **options: Any,
    ) -> subprocess.Popen[bytes]:
        """Start a process that ends with the session, in a process group of its own.

        Args:
            role: ``terminal``, ``database`` or ``service``, in the order in which they are ended.
            command: the program and its arguments.
            environment: the whole environment; the session adds its marks.
            options: what else ``subprocess.Popen`` takes.

        Raises:
            PlaygroundError: the session has been closed.
        """
        with self._lock:
            if self._closed:
                raise PlaygroundError(f'{command[0]} does not start any more: its session ends')
            child = subprocess.Popen(
                command,
                env={**environment, **self.marks(role)},
                start_new_session=True,
                **options,
            )
            self._children.append((command[0], child))
            with contextlib.suppress(psutil.NoSuchProcess):
                created = psutil.Process(child.pid).create_time()
                self._tell_guardian({'started': asdict(Started(child.pid, created, role))})
        return child

    def marks(self, role: str) -> dict[str, str]:
        """Variables by which the session finds a process that it is to end.

        Args:
            role: ``terminal``, ``database`` or ``service``.
        """
        marks = [mark for mark in (os.environ.get(SESSION_MARK), self.identifier) if mark]
        return {SESSION_MARK: ':'.join(marks), ROLE_MARK: role}

    def run(
        self,
        command: list[str],
        environment: Mapping[str, str],
        seconds: float,
        log: Path,
        **options: Any,
    ) -> int | None:
        """Run a command to its end; it ends with the session, too.

        Args:
            command: the program and its arguments.
            environment: the whole environment; the session adds its marks.
            seconds: the limit.
            log: the file that takes its output.
            options: what else ``subprocess.Popen`` takes.

        Returns:
            The exit status; None if it has not ended in time.
        """
        with log.open('wb') as output:
            child = self.start(
                'terminal',
                command,
                environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                **options,
            )
        try:
            status = child.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        self._children.remove((command[0], child))
        return status

    def wait_for_an_end(self, goes_on: Callable[[], bool]) -> str | None:
        """Wait, without a limit, until a process of the session ends.

        Args:
            goes_on: asked twice a second; as soon as it says no, the wait is over.

        Returns:
            The program that has ended, if one has.
        """
        while goes_on():
            for program, child in self._children:
                if child.poll() is not None:
                    return program
            time.sleep(0.5)
        return None

    def close(self) -> None:
        """End all that the session started and remove its files; signals cannot cut it short."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        handlers = _ignore(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        OPEN.remove(self)
        try:
            assert self._guardian.stdin is not None
            self._guardian.stdin.close()
            self._guardian.wait(CLEARING_SECONDS)
            for _, child in self._children:
                child.wait(REAPING_SECONDS)
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)


def _temporary_folder() -> Path:
    try:
        folder = Path(tempfile.gettempdir()).resolve()
    except FileNotFoundError:
        raise PlaygroundError(
            'there is no folder for temporary files with room in it: name one that you may'
            ' write, as in: make demo TMPDIR=/var/tmp'
        ) from None
    free = shutil.disk_usage(folder).free // 10**6
    if free < LEAST_FREE_MEGABYTES:
        raise PlaygroundError(
            f'only {free} MB are free in {folder}, and the services need {LEAST_FREE_MEGABYTES}:'
            ' make room, or name another folder, as in: make demo TMPDIR=/var/tmp'
        )
    return folder


def end_on(*numbers: signal.Signals) -> None:
    """Have signals close the open sessions and end this process, at whatever point it is.

    An exception would not do: raised in the middle of a library's clean-up, it is swallowed.
    The exit status is 128 and the signal's number, as in a shell.
    """
    for number in numbers:
        signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    for session in reversed(OPEN[:]):
        # The code that the signal has interrupted may hold the lock without which no child is
        # waited for. An exception would wake it again, and its files have gone.
        with contextlib.suppress(subprocess.TimeoutExpired):
            session.close()
    if sys.stdout.isatty():
        print(SHOW_CURSOR, end='')
    print('\nplayground: ended by a signal; everything it started has ended too', file=sys.stderr)
    sys.stdout.flush()
    os._exit(128 + number)


def _ignore(*numbers: signal.Signals) -> dict[signal.Signals, Any]:
    return {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
