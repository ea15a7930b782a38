"""Looks at the processes of this machine: beat, Flower, and how the workers were started."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playground.doctor.entries import Entry
from playground.doctor.findings import Finding, fault, listed, ok, unknown, warning
from playground.doctor.situation import Situation
from playground.doctor.workers import Workers

# Given behind --, they come after the options have been read.
TOO_LATE = ('worker_pool', 'worker_prefetch_multiplier')
BROKER_VARIABLES = ('BROKER_URL', 'CELERY_BROKER_URL')


@dataclass(frozen=True)
class Command:
    """A ``celery`` command that runs.

    Attributes:
        pid: its process.
        words: what stands behind ``celery``.
        folder: where it was started.
        broker: what its options and its environment say of the broker.
    """

    pid: int
    words: tuple[str, ...]
    folder: str
    broker: str | None

    def option(self, *names: str) -> str | None:
        """The value of an option; the empty string if it has none."""
        for index, word in enumerate(self.words):
            if word == '--':
                return None
            name, separator, value = word.partition('=')
            if name in names:
                following = self.words[index + 1] if index + 1 < len(self.words) else ''
                return value if separator else following
            if word[:2] in names and len(word) > 2 and word[1] != '-':
                return word[2:]
        return None

    @property
    def is_beat(self) -> bool:
        """Whether it sends what is due."""
        if 'worker' in self.words:
            return self.option('-B', '--beat') is not None
        return 'beat' in self.words

    @property
    def sends_events(self) -> bool:
        """Whether it is a worker that sends the events of tasks from the beginning."""
        return self.option('-E', '--task-events') is not None

    @property
    def too_late(self) -> list[str]:
        """The settings behind ``--`` that a worker does not obey."""
        if 'worker' not in self.words or '--' not in self.words:
            return []
        behind = self.words[self.words.index('--') + 1 :]
        return [word for word in behind if word.partition('=')[0].replace('.', '_') in TOO_LATE]


def commands() -> list[Command] | None:
    """List the ``celery`` commands of this machine, as far as this user may see them.

    Returns:
        None where psutil is missing.
    """
    try:
        import psutil
    except ImportError:
        return None
    found = {}
    parents = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            words = _behind_celery(process.cmdline())
            if words is None:
                continue
            variables = process.environ()
            command = Command(process.pid, words, process.cwd(), None)
            broker = command.option('-b', '--broker') or next(
                (variables[name] for name in BROKER_VARIABLES if variables.get(name)), None
            )
            found[process.pid] = Command(process.pid, words, command.folder, broker)
            parents[process.pid] = process.ppid()
    # A worker's processes have its command line, too.
    return [command for pid, command in found.items() if parents[pid] not in found]


def _behind_celery(line: list[str]) -> tuple[str, ...] | None:
    names = [Path(word).name for word in line[:4]]
    if names[:1] == ['celery']:
        return tuple(line[1:])
    if names and names[0].startswith('python'):
        if names[1:2] == ['celery']:
            return tuple(line[2:])
        if line[1:3] == ['-m', 'celery']:
            return tuple(line[3:])
    return None


def of_this_app(running: list[Command], situation: Situation) -> list[Command]:
    """Those of the same app, in the same folder and on the same broker."""
    return [
        command
        for command in running
        if command.option('-A', '--app') == situation.name
        and Path(command.option('--workdir') or command.folder) == situation.folder
        and _is_ours(command, situation)
    ]


def _is_ours(command: Command, situation: Situation) -> bool:
    ours = str(situation.app.conf.broker_url)
    own = str(situation.app.conf.get('broker_url') or ours)
    return (command.broker or own) == ours


def check_beats(running: list[Command] | None, situation: Situation) -> Iterator[Finding]:
    """Find two beats of one app."""
    if running is None:
        yield unknown('beat', 'processes cannot be seen without psutil', 'pip install psutil')
        return
    beats = [command for command in of_this_app(running, situation) if command.is_beat]
    if len(beats) > 1:
        yield fault(
            'beat',
            f'{len(beats)} beats of this app run on this machine, and each sends what is due:'
            f' processes {listed(beat.pid for beat in beats)}',
            f'end all but one (kill {max(beat.pid for beat in beats)}), and start it with'
            ' --pidfile',
            Entry.TWO_BEATS,
        )
    else:
        yield ok('beat', f'{"one beat" if beats else "no beat"} of this app runs on this machine')


def check_events(
    running: list[Command] | None, workers: Workers, situation: Situation
) -> Iterator[Finding]:
    """Find workers without events under a Flower that watches them."""
    ours = str(situation.app.conf.broker_url)
    flowers = [
        command
        for command in running or []
        if 'flower' in command.words
        and (command.broker == ours or command in of_this_app([command], situation))
    ]
    if not flowers:
        return
    off = [
        node
        for node, conf in workers.said.get('conf', {}).items()
        if not conf.get('worker_send_task_events')
        and not _started_with_events(running, node, workers)
    ]
    if off:
        yield warning(
            'events',
            f'Flower runs, and tasks are missing in it, for there are no events from {listed(off)}',
            f'{situation.celery} worker -E, or worker_send_task_events = True',
            Entry.EVENTS_OFF,
        )
    else:
        yield ok('events', 'Flower runs, and the workers send it events')


def _started_with_events(running: list[Command] | None, node: str, workers: Workers) -> bool:
    command = command_of(running, node, workers)
    # What runs on another machine cannot be seen.
    return command is None or command.sends_events


def command_of(running: list[Command] | None, node: str, workers: Workers) -> Command | None:
    """The command of a worker that answers, if it runs on this machine."""
    pid = (workers.said.get('stats', {}).get(node) or {}).get('pid')
    found: Any = [
        command for command in running or [] if command.pid == pid and 'worker' in command.words
    ]
    return found[0] if found else None


def check_too_late(running: list[Command] | None, workers: Workers) -> Iterator[Finding]:
    """Find settings behind ``--`` that come after the worker has read them."""
    for node in workers.nodes:
        command = command_of(running, node, workers)
        if command and command.too_late:
            yield fault(
                'ignored settings',
                f'{node} was started with -- {" ".join(command.too_late)}, which comes too late',
                'use the options: --pool, --prefetch-multiplier; or write them in the app',
                Entry.SETTING_IGNORED,
            )
