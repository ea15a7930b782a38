"""Finds the processes of a session by the mark in their environment, and ends them in order."""

import contextlib
import signal
import time
from collections.abc import Collection
from dataclasses import dataclass

import psutil

SESSION_MARK = 'NOTES_SESSION'
ROLE_MARK = 'NOTES_ROLE'

WARM_SECONDS = 5.0
COLD_SECONDS = 3.0
DATABASE_SECONDS = 10.0
KILL_SECONDS = 5.0
ROUNDS = 10


@dataclass(frozen=True)
class Started:
    """A process that a session has started itself.

    While a process becomes another program (``exec``), its environment cannot be read, and the
    mark in it is not seen.

    Attributes:
        pid: its number.
        created: when it began, as psutil tells it: another process may get the number later.
        role: as in ``NOTES_ROLE``.
    """

    pid: int
    created: float
    role: str


def marked(session: str, role: str | None = None) -> list[psutil.Process]:
    """List the living processes of a session, its children's children too.

    A mark in the environment is inherited, so that it also finds what left its process group:
    a worker started with ``--detach``, RabbitMQ's ``epmd``.

    Args:
        session: the identifier that the processes carry in ``NOTES_SESSION``.
        role: only those that carry this ``NOTES_ROLE``.
    """
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            environment = process.environ()
            if session not in environment.get(SESSION_MARK, '').split(':'):
                continue
            if role is None or environment.get(ROLE_MARK) == role:
                found.append(process)
    return [process for process in found if is_alive(process)]


def is_alive(process: psutil.Process) -> bool:
    """Tell whether a process still runs; one that only waits to be reaped does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def end(processes: list[psutil.Process]) -> None:
    """End processes as Celery likes it: SIGTERM, after 5 s SIGQUIT, after 3 s more SIGKILL.

    Only those whose parent is not in the list get the first two signals: a worker ends its own
    children, and a pool process that is told to end by another hand takes its task with it.
    """
    processes = [process for process in processes if is_alive(process)]
    identifiers = {process.pid for process in processes}
    leaders = [process for process in processes if _parent(process) not in identifiers]
    for number, seconds in ((signal.SIGTERM, WARM_SECONDS), (signal.SIGQUIT, COLD_SECONDS)):
        _signal(leaders, number)
        if _all_gone(processes, seconds):
            return
    kill(processes)


def end_database(processes: list[psutil.Process]) -> None:
    """End a PostgreSQL at once, but by its own hand, so that its shared memory goes with it.

    The first process of a PostgreSQL ends the others, which do not carry the mark.
    """
    _signal(processes, signal.SIGQUIT)
    if not _all_gone(processes, DATABASE_SECONDS):
        kill(processes)


def kill(processes: list[psutil.Process]) -> None:
    """End processes at once."""
    _signal(processes, signal.SIGKILL)
    _all_gone(processes, KILL_SECONDS)


def end_session(session: str, started: Collection[Started] = ()) -> None:
    """End all processes of a session, and those that they start meanwhile.

    What runs in a terminal comes first and may say goodbye to its broker. The services come last
    and at once: what they hold goes with the session's folder, but for a database's memory.

    Args:
        session: the identifier that the processes carry.
        started: those that it has started itself, which may carry none at the moment.
    """
    for role, how in (('terminal', end), ('database', end_database), ('service', kill)):
        for _ in range(ROUNDS):
            processes = list({*marked(session, role), *_living(started, role)})
            if not processes:
                break
            how(processes)


def _living(started: Collection[Started], role: str) -> list[psutil.Process]:
    found = []
    for one in started:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(one.pid)
            if one.role == role and process.create_time() == one.created and is_alive(process):
                found.append(process)
    return found


def _parent(process: psutil.Process) -> int | None:
    try:
        return process.ppid()
    except psutil.NoSuchProcess:
        return None


def _signal(processes: list[psutil.Process], number: int) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if is_alive(process):
                process.send_signal(number)


def _all_gone(processes: list[psutil.Process], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while any(is_alive(process) for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
