"""Starts the workers of a contender, and fills their queue."""

import json
import os
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from lab.servers import Server
from lab.throughput import environments
from lab.throughput.contenders import Contender
from lab.throughput.marks import FILE, TASKS, Marks
from lab.throughput.programs import celery_app
from playground.errors import PlaygroundError
from playground.session import Session
from playground.terminal import Terminal, reader_environment
from playground.virtual_environment import REPOSITORY
from playground.waiting import wait_until

SEND_SECONDS = 300.0
# Nothing runs for so long: it will not run any more.
STILL_SECONDS = 15.0


class Program:
    """A contender on a broker, with a queue and notes of its own.

    Attributes:
        marks: the notes of its tasks.
        terminals: its workers, once they are started.
        environment: the variables of its programs.
    """

    def __init__(self, session: Session, server: Server, contender: Contender, tasks: int) -> None:
        """Choose it; nothing is started.

        Args:
            session: owns what is started.
            server: the broker.
            contender: which one.
            tasks: how many there will be.
        """
        self._session = session
        self._server = server
        self._contender = contender
        self._queue = server.new_queue()
        path = session.folder / f'{uuid.uuid4().hex}.marks'
        self.marks = Marks(path, tasks)
        self.terminals: list[Terminal] = []
        self._settings = {
            'broker_url': server.broker_url,
            'result_backend': server.result_backend,
            'task_default_queue': self._queue,
            **contender.settings,
        }
        folder = environments.folder(contender.environment)
        self._python = folder / 'bin' / 'python'
        plain = reader_environment()
        self.environment = {
            **plain,
            'PATH': os.pathsep.join([str(folder / 'bin'), plain['PATH']]),
            # Where the programs of the peers look for ours.
            'PYTHONPATH': str(REPOSITORY),
            FILE: str(path),
            TASKS: str(tasks),
            celery_app.SETTINGS: json.dumps(self._settings),
            celery_app.WAY: contender.way,
            'THROUGHPUT_URL': server.broker_url,
            'THROUGHPUT_QUEUE': self._queue,
            'THROUGHPUT_CONFIRMS': '',
            **contender.variables,
        }

    def fill(self, first: int, tasks: int) -> None:
        """Put tasks into the queue, as fast as it goes.

        Args:
            first: the number of the first one.
            tasks: how many.

        Raises:
            PlaygroundError: they cannot be sent.
        """
        if self._contender.program != celery_app.NAME:
            self.send(first, tasks)
            return
        fast = 'batch' if self._server.is_redis else 'confirmed_bulk'
        way = 'chunks' if self._contender.way == 'chunks' else fast
        with celery_app.make(self._settings) as app:
            send, finish = celery_app.WAYS[way](app.tasks['mark'])
            for number in range(first, first + tasks):
                send(number)
            finish()

    def send(self, first: int, tasks: int, rate: float | None = None) -> float:
        """Send tasks as a program of this library does it.

        Args:
            first: the number of the first one.
            tasks: how many.
            rate: so many a second; without it, at once.

        Returns:
            The seconds that it took.

        Raises:
            PlaygroundError: they cannot be sent.
        """
        command = [str(self._python), '-m', self._contender.program, str(first), str(tasks)]
        if rate:
            command += ['--rate', str(rate)]
        try:
            ended = subprocess.run(
                command,
                cwd=REPOSITORY,
                env=self.environment,
                capture_output=True,
                text=True,
                timeout=SEND_SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise PlaygroundError(
                f'{self._contender.name}: {tasks} tasks were not sent within {SEND_SECONDS:.0f} s'
            ) from None
        if ended.returncode:
            raise PlaygroundError(f'{self._contender.name}: {ended.stderr.strip()}')
        return float(ended.stdout.split()[-1])

    @contextmanager
    def working(self) -> Iterator[None]:
        """Run its workers; they are killed at the end, for nothing of theirs is kept."""
        try:
            for position, worker in enumerate(self._contender.workers):
                name = f'{self._queue}-{position}'
                command = worker.format(
                    node=f'{name}@localhost', queue=self._queue, url=self._server.broker_url
                )
                self.terminals.append(
                    Terminal(self._session, name, f'exec {command}', self.environment)
                )
            yield
        finally:
            for terminal in self.terminals:
                terminal.kill()

    def wait(self, tasks: int, seconds: float) -> None:
        """Wait until so many tasks have run, or until none runs any more.

        Args:
            tasks: how many.
            seconds: the limit.

        Raises:
            PlaygroundError: a worker has ended, or the time was over.
        """
        ran, moment = 0, time.monotonic()

        def over() -> bool:
            nonlocal ran, moment
            now = self.marks.ran
            if now != ran:
                ran, moment = now, time.monotonic()
            return ran >= tasks or (ran > 0 and time.monotonic() - moment > STILL_SECONDS)

        if not wait_until(over, seconds, self._all_run):
            words = ' '.join(terminal.last_words() for terminal in self.terminals)
            raise PlaygroundError(
                f'{self._contender.name}: {ran} of {tasks} tasks have run; {words}'
            )

    def _all_run(self) -> bool:
        return all(terminal.runs for terminal in self.terminals)

    def processes(self) -> list[psutil.Process]:
        """The processes of its workers."""
        return [
            process
            for terminal in self.terminals
            for process in (psutil.Process(terminal.process.pid), *terminal.descendants())
        ]
