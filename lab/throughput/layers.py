"""Where the time goes: py-spy looks at a program many times a second, and each look has a layer."""

import re
import shlex
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from lab.servers import Server
from lab.throughput import environments
from lab.throughput.contenders import COMPILED, ONE, QUIET, TUNED_SETTINGS, Contender
from lab.throughput.measure import DRAIN_SECONDS
from lab.throughput.program import Program
from lab.throughput.programs import celery_app
from playground.session import Session
from playground.terminal import Terminal

LOOKS_A_SECOND = 200
END_SECONDS = 60.0

OTHER = 'the rest'
# The innermost of these in a look is its layer: the standard library belongs to who calls it.
LAYERS = {
    'lab/throughput/': 'your task',
    'celery/app/trace.py': 'Celery: tracer',
    'celery/': 'Celery: the rest',
    'kombu/': 'kombu',
    'amqp/': 'py-amqp',
    'redis/': 'redis-py',
}
NAMES = tuple(dict.fromkeys(LAYERS.values()))
PLACE = re.compile(r'\((\S+\.py)(?::\d+)?\)$')

# What begins before and goes on after, such as imports, is not looked at.
WORKING, CALLING = '(celery/worker/loops.py', '(lab/throughput/sending.py'
WORKER, CALLER = 'a tuned worker', '`delay()`'


def shares(looks: Iterable[str], within: str) -> dict[str, float]:
    """The share of each layer.

    Args:
        looks: lines of ``py-spy record --format raw``: frames with semicolons, and a count.
        within: only looks with this in a frame count.
    """
    found: Counter[str] = Counter()
    for look in looks:
        if within in look:
            frames, _, count = look.rpartition(' ')
            found[layer(frames.split(';'))] += int(count)
    total = sum(found.values())
    return {name: found[name] / total for name in (*NAMES, OTHER) if found[name]}


def layer(frames: Sequence[str]) -> str:
    """The layer of one look.

    Args:
        frames: from the outermost to the innermost, each with its file.
    """
    for frame in reversed(frames):
        place = PLACE.search(frame)
        for folder, name in LAYERS.items():
            if place and place[1].startswith(folder):
                return name
    return OTHER


def worker(session: Session, server: Server, tasks: int) -> dict[str, Any]:
    """Look at a tuned worker that empties a queue.

    Args:
        session: owns what is started.
        server: the broker.
        tasks: how many there are.

    Returns:
        The shares of the layers.

    Raises:
        PlaygroundError: a program does not work.
    """
    path = session.folder / f'{uuid.uuid4().hex}.looks'
    command = f'{spy(path)} python -m {ONE} {QUIET}'
    program = Program(
        session, server, Contender(WORKER, (command,), settings=TUNED_SETTINGS), tasks
    )
    program.fill(0, tasks)
    with program.working():
        program.wait(tasks, DRAIN_SECONDS)
        [terminal] = program.terminals
        # Both end, and py-spy writes what it saw.
        terminal.press_control_c()
        terminal.wait(END_SECONDS)
    return {'shares': shares(path.read_text().splitlines(), WORKING)}


def caller(session: Session, server: Server, tasks: int) -> dict[str, Any]:
    """Look at a program that calls ``delay``.

    Args:
        session: owns what is started.
        server: the broker.
        tasks: how many there are.

    Returns:
        The shares of the layers.

    Raises:
        PlaygroundError: a program does not work.
    """
    path = session.folder / f'{uuid.uuid4().hex}.looks'
    program = Program(session, server, Contender(CALLER), tasks)
    command = f'exec {spy(path)} python -m {celery_app.NAME} 0 {tasks}'
    terminal = Terminal(session, path.stem, command, program.environment)
    terminal.wait(DRAIN_SECONDS)
    return {'shares': shares(path.read_text().splitlines(), CALLING)}


def spy(path: Path) -> str:
    """The command before the one that is looked at.

    Args:
        path: where the looks go.
    """
    program = environments.folder(COMPILED) / 'bin' / 'py-spy'
    options = f'--rate {LOOKS_A_SECOND} --format raw --output {shlex.quote(str(path))}'
    return f'{shlex.quote(str(program))} record {options} --'
