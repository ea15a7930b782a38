"""Starts a private Redis or Valkey server; the two take the same options."""

import secrets
from pathlib import Path

import redis

from playground.errors import PlaygroundError
from playground.ports import LOOPBACK, free_port
from playground.session import Session
from playground.waiting import wait_until

START_SECONDS = 20.0


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
    port = free_port()
    folder = session.folder / f'{binary.name}-{port}'
    folder.mkdir()
    log = folder / 'server.log'
    # Its usual renaming of the process would wipe out the mark that the session finds it by.
    command = [
        *(str(binary), '--port', str(port), '--bind', LOOPBACK, '--dir', str(folder)),
        *('--save', '', '--appendonly', 'no', '--set-proc-title', 'no'),
    ]
    if password:
        command += ['--requirepass', password]
    with log.open('wb') as output:
        server = session.start(
            'service', command, {'PATH': '/usr/bin:/bin'}, stdout=output, stderr=output
        )
    url = f'redis://:{password}@{LOOPBACK}:{port}/0' if password else f'redis://{LOOPBACK}:{port}/0'
    if not wait_until(lambda: replies(url), START_SECONDS, lambda: server.poll() is None):
        raise PlaygroundError(
            f'{binary.name} did not start on port {port}; its last words were:\n'
            + log.read_text(errors='replace').strip()[-800:]
        )
    return url


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
