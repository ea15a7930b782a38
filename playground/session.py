"""A session: a private folder and marked processes, all of which end when it ends."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from playground.processes import ROLE_MARK, SESSION_MARK
from playground.virtual_environment import REPOSITORY

CLEARING_SECONDS = 60.0
REAPING_SECONDS = 5.0


class Session:
    """Owns what a command starts. Leaving its ``with`` block leaves nothing behind.

    Attributes:
        identifier: the mark that its processes carry in their environment.
        folder: a private folder, removed at the end.
    """

    def __init__(self) -> None:
        """Start the guardian, then make the folder."""
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            # A shell's background job ignores Ctrl-C, and so would all that it starts.
            signal.signal(signal.SIGINT, signal.default_int_handler)
        self.identifier = uuid.uuid4().hex
        self.folder = Path(tempfile.gettempdir()).resolve() / f'celery-notes-{self.identifier[:8]}'
        self._children: list[tuple[str, subprocess.Popen[bytes]]] = []
        self._guardian = subprocess.Popen(
            [sys.executable, '-m', 'playground.guardian', self.identifier],
            stdin=subprocess.PIPE,
            cwd=REPOSITORY,
            start_new_session=True,
        )
        self.owns(self.folder)
        self.folder.mkdir(mode=0o700)

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
        assert self._guardian.stdin is not None
        self._guardian.stdin.write(f'{path}\n'.encode())
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
            role: ``terminal`` or ``service``; services are ended last.
            command: the program and its arguments.
            environment: the whole environment; the session adds its marks.
            options: what else ``subprocess.Popen`` takes.
        """
        marks = [mark for mark in (os.environ.get(SESSION_MARK), self.identifier) if mark]
        child = subprocess.Popen(
            command,
            env={**environment, SESSION_MARK: ':'.join(marks), ROLE_MARK: role},
            start_new_session=True,
            **options,
        )
        self._children.append((command[0], child))
        return child

    def wait_for_an_end(self) -> str:
        """Wait, without a limit, until a process of the session ends.

        Returns:
            The program that has ended.
        """
        while True:
            for program, child in self._children:
                if child.poll() is not None:
                    return program
            time.sleep(0.5)

    def close(self) -> None:
        """End all that the session started and remove its files; signals cannot cut it short."""
        handlers = _ignore(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        try:
            assert self._guardian.stdin is not None
            self._guardian.stdin.close()
            self._guardian.wait(CLEARING_SECONDS)
            for _, child in self._children:
                child.wait(REAPING_SECONDS)
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)


def _ignore(*numbers: signal.Signals) -> dict[signal.Signals, Any]:
    return {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
