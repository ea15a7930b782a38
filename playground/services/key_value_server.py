"""Starts a private Redis or Valkey server; the two take the same options."""

import secrets
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import redis

from playground.errors import PlaygroundError
from playground.ports import LOOPBACK, free_port
from playground.session import Session
from playground.waiting import wait_until

START_SECONDS = 20.0

NOTHING = ('--save', '', '--appendonly', 'no')
# As it does by itself: now and then, and when it is ended by SIGTERM.
SNAPSHOTS = ()
EACH_CHANGE = ('--appendonly', 'yes')


@dataclass(frozen=True)
class Prepared:
    """A server that can be started, and started again on what it has kept.

    Attributes:
        url: where it answers, database 0.
        port: where it listens.
        command: its program and its options.
        folder: where it keeps its files.
    """

    url: str
    port: int
    command: list[str]
    folder: Path


def start(binary: Path, session: Session, password: str | None = None) -> str:
    """Start a server that keeps nothing on disk, and wait until it answers.

    Args:
        binary: ``valkey-server`` or ``redis-server``.
        session: owns the process and its folder.
        password: what clients must give; without one, none.

    Returns:
        The server's URL, database 0.

    Raises:
        PlaygroundError: the server does not answer within 20 s.
    """
    prepared = prepare(binary, session, password)
    run(session, prepared)
    return prepared.url


def prepare(
    binary: Path,
    session: Session,
    password: str | None = None,
    keeps: Sequence[str] = NOTHING,
) -> Prepared:
    """Make a folder for a server, and choose its port; nothing is started.

    Args:
        binary: ``valkey-server`` or ``redis-server``.
        session: owns the folder.
        password: what clients must give; without one, none.
        keeps: what is kept on disk, from which it starts again: ``NOTHING``, ``SNAPSHOTS`` or
            ``EACH_CHANGE``.
    """
    port = free_port()
    folder = session.folder / f'{binary.name}-{port}'
    folder.mkdir()
    # Its usual renaming of the process would wipe out the mark that the session finds it by.
    command = [
        *(str(binary), '--port', str(port), '--bind', LOOPBACK, '--dir', str(folder)),
        *keeps,
        *('--set-proc-title', 'no'),
    ]
    if password:
        command += ['--requirepass', password]
    url = f'redis://:{password}@{LOOPBACK}:{port}/0' if password else f'redis://{LOOPBACK}:{port}/0'
    return Prepared(url, port, command, folder)


def run(session: Session, prepared: Prepared) -> subprocess.Popen[bytes]:
    """Start a server and wait until it answers.

    Args:
        session: owns the process.
        prepared: what ``prepare`` made.

    Returns:
        Its process, leader of a process group.

    Raises:
        PlaygroundError: it does not answer within 20 s.
    """
    log = prepared.folder / 'server.log'
    with log.open('ab') as output:
        server = session.start(
            'service', prepared.command, {'PATH': '/usr/bin:/bin'}, stdout=output, stderr=output
        )
    if not wait_until(lambda: replies(prepared.url), START_SECONDS, lambda: server.poll() is None):
        raise PlaygroundError(
            f'{prepared.folder.name} did not start; its last words were:\n'
            + log.read_text(errors='replace').strip()[-800:]
        )
    return server


def replies(url: str) -> bool:
    """Tell whether a server answers a PING at a URL."""
    try:
        with redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def version(url: str) -> str:
    """Name the server at a URL and its version, as in ``Valkey 9.1.2``."""
    with redis.Redis.from_url(url, socket_timeout=2) as client:
        server = client.info('server')
    if 'valkey_version' in server:
        return f'Valkey {server["valkey_version"]}'
    return f'Redis {server["redis_version"]}'


def random_password() -> str:
    """Make a password that keeps other users of the machine out."""
    return secrets.token_hex(16)
