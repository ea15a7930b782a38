"""A worker that is hit by faults and started again, as a service manager does it."""

import itertools
import json
import os
import random
import re
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import amqp
import psutil
from celery import Celery

from lab.faults.app import LEDGER, NAME, PROFILE, QUEUE, SETTINGS
from lab.servers import Server
from playground.errors import PlaygroundError
from playground.session import Session
from playground.terminal import Terminal, reader_environment

NUMBERS = itertools.count(1)
PROCESSES = 4
START_SECONDS = 90.0
END_SECONDS = 60.0
# A service manager kills a worker that does not end; 30 seconds are Kubernetes' default.
PATIENCE_SECONDS = 30.0
ANSWER_SECONDS = 5.0


def environment(
    server: Server, profile: str, queue: str, further: Mapping[str, Any], ledger: str
) -> dict[str, str]:
    """The variables of a program that runs the app of the experiments.

    Args:
        server: where its messages come from.
        profile: its settings.
        queue: the only one that it reads.
        further: what a fault sets beside that.
        ledger: the file its tasks write to.
    """
    return {
        **reader_environment(),
        # A worker that is killed does not remove the folder that its processes share.
        'TMPDIR': str(Path(ledger).parent),
        'CELERY_BROKER_URL': server.broker_url,
        'CELERY_RESULT_BACKEND': server.result_backend,
        PROFILE: profile,
        QUEUE: queue,
        SETTINGS: json.dumps(further),
        LEDGER: ledger,
    }


class Worker:
    """One worker at a time, with four processes; each start has a name of its own.

    Attributes:
        hangs: how often one was killed for hanging.
    """

    def __init__(self, session: Session, environment: Mapping[str, str]) -> None:
        """Choose the worker; nothing is started.

        Args:
            session: owns it.
            environment: what ``environment`` of this module returned.
        """
        self._session = session
        self._environment = environment
        self._terminals: list[Terminal] = []
        self.hangs = 0
        self._node = ''

    def keep(self) -> None:
        """Start one if none runs, and wait until it is ready, or has ended again.

        Raises:
            PlaygroundError: it does not become ready.
        """
        if self.runs:
            return
        number = next(NUMBERS)
        self._node = f'faults-{number}@localhost'
        command = (
            f'exec celery -A {NAME} worker -l info -c {PROCESSES} -n {self._node}'
            ' --without-gossip --without-mingle'
        )
        name = f'worker-{number}'
        self._terminals.append(Terminal(self._session, name, command, self._environment))
        try:
            self.terminal.wait_for(' ready.', START_SECONDS)
        except PlaygroundError:
            if self.runs:
                raise

    @property
    def terminal(self) -> Terminal:
        """Where the present one runs."""
        return self._terminals[-1]

    @property
    def starts(self) -> int:
        """How often one was started."""
        return len(self._terminals)

    @property
    def runs(self) -> bool:
        """Whether one runs."""
        return bool(self._terminals) and self.terminal.runs

    def said(self, pattern: str) -> int:
        """Count the different texts that match a pattern in what each of them printed."""
        return sum(len(set(re.findall(pattern, each.output))) for each in self._terminals)

    def is_idle(self, app: Celery) -> bool:
        """Ask it whether it has neither a task nor a message; no answer is a no.

        Args:
            app: a caller on its server; its messages are not confirmed from now on.
        """
        # No confirmation comes while a control queue of a dead worker is down, and Celery waits on.
        options = app.conf.broker_transport_options
        app.conf.broker_transport_options = {**options, 'confirm_publish': False}
        inspect = app.control.inspect([self._node], timeout=ANSWER_SECONDS, limit=1)
        try:
            answers = [inspect.active(), inspect.reserved(), inspect.scheduled()]
        except amqp.ResourceLocked:
            # RabbitMQ still removes the queue in which the last connection got its answers.
            return False
        return all(answer is not None and not any(answer.values()) for answer in answers)

    def ports(self) -> set[int]:
        """The ports to which its main process is connected, if it runs."""
        if not self.runs:
            return set()
        process = psutil.Process(self.terminal.process.pid)
        return {found.raddr.port for found in process.net_connections('tcp') if found.raddr}

    def kill(self) -> None:
        """Kill it and its processes at the same moment, and wait until it is gone."""
        if self.runs:
            os.killpg(self.terminal.process.pid, signal.SIGKILL)
            self.terminal.wait(END_SECONDS)

    def kill_a_process(self, chance: random.Random) -> None:
        """Kill one process of its pool.

        Args:
            chance: chooses which one.
        """
        processes = sorted(self.terminal.descendants(), key=lambda process: process.pid)
        chance.choice(processes).kill()

    def end(self, number: signal.Signals) -> None:
        """Send a signal to its main process, and wait for its end; kill it if it hangs.

        Args:
            number: the signal.
        """
        if not self._ends(number, PATIENCE_SECONDS):
            self.kill_for_hanging()

    def end_or_kill(self, seconds: float) -> None:
        """Do what ``docker stop`` does: SIGTERM, and SIGKILL if it takes too long.

        Args:
            seconds: what it is given.
        """
        if not self._ends(signal.SIGTERM, seconds):
            self.kill()

    def kill_for_hanging(self) -> None:
        """Kill it, for it should have ended, or should work, and does not."""
        self.hangs += 1
        self.kill()

    def _ends(self, number: signal.Signals, seconds: float) -> bool:
        self.terminal.process.send_signal(number)
        try:
            self.terminal.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True
