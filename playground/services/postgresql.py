"""A private PostgreSQL of the system's programs, for what the notes say about databases."""

import secrets
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg

from playground.errors import PlaygroundError
from playground.ports import LOOPBACK, free_port
from playground.services import unprivileged
from playground.session import Session
from playground.waiting import wait_until

START_SECONDS = 60.0

# Debian's are not on PATH: /usr/lib/postgresql/15/bin.
VERSIONS = Path('/usr/lib/postgresql')
PROGRAMS = ('initdb', 'postgres')

# The user of Debian's package; the one who logs in is celeryman, as everywhere in the notes.
SYSTEM_USER = 'postgres'
USER = 'celeryman'

# Few enough for a page to use them up.
MOST_CONNECTIONS = 20

INSTALL_IT = (
    'install it (on Debian: sudo apt install postgresql), or set DATABASE_URL to the address of a'
    ' PostgreSQL of your own, which does as well'
)

# The folder is thrown away at the end, so nothing has to reach the disk; and no Unix socket, whose
# path might be too long.
SETTINGS = {
    'listen_addresses': LOOPBACK,
    'unix_socket_directories': '',
    'max_connections': str(MOST_CONNECTIONS),
    'fsync': 'off',
}

ENVIRONMENT = {'PATH': '/usr/bin:/bin', 'LC_ALL': 'C', 'TZ': 'UTC'}


def programs() -> Path | None:
    """Find the folder of PostgreSQL's programs, those of the newest version."""
    versions = [path for path in VERSIONS.glob('*/bin') if path.parent.name.isdecimal()]
    folders = sorted(versions, key=lambda path: -int(path.parent.name))
    if found := shutil.which('initdb'):
        folders.append(Path(found).parent)
    complete = (path for path in folders if all((path / name).exists() for name in PROGRAMS))
    return next(complete, None)


class Server:
    """A PostgreSQL that answers, on a free port of 127.0.0.1.

    Attributes:
        url: its database, for ``DATABASE_URL``.
        process: its first process.
    """

    def __init__(self, session: Session) -> None:
        """Make an empty database and start the server.

        Args:
            session: owns the server and its folder.

        Raises:
            PlaygroundError: PostgreSQL is not installed, or does not start.
        """
        found = programs()
        if found is None:
            raise PlaygroundError(f'there is no PostgreSQL on this machine: {INSTALL_IT}')
        self._programs = found
        self._session = session
        self._port = free_port()
        self._folder = session.folder / f'postgresql-{self._port}'
        self._log = self._folder / 'server.log'
        password = secrets.token_hex(16)
        self.url = f'postgresql://{USER}:{password}@{LOOPBACK}:{self._port}/postgres'
        self._folder.mkdir()
        (self._folder / 'password').write_text(password)
        self._owner = unprivileged.owned_by(SYSTEM_USER, session.folder, self._folder)
        self._make_data()
        self.process = self._start()

    @property
    def version(self) -> str:
        """What answers, as in ``PostgreSQL 15.14``."""
        with psycopg.connect(self.url) as connection:
            major, minor = divmod(connection.info.server_version, 10000)
        return f'PostgreSQL {major}.{minor}'

    def restart(self) -> None:
        """End the server as its own tool does it, connections included, and start it again.

        Raises:
            PlaygroundError: it does not end, or does not start.
        """
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            raise PlaygroundError(f'PostgreSQL did not end; {self._last_words()}') from None
        self.process = self._start()

    def _make_data(self) -> None:
        data = [
            *(str(self._programs / 'initdb'), '--pgdata', str(self._folder / 'data')),
            *('--username', USER, '--pwfile', str(self._folder / 'password')),
            *('--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C'),
            *('--no-sync', '--no-instructions'),
        ]
        status = self._session.run(
            data, ENVIRONMENT, START_SECONDS, self._log, cwd=self._folder, **self._owner
        )
        if status != 0:
            raise PlaygroundError(f'PostgreSQL could not make its files; {self._last_words()}')

    def _start(self) -> subprocess.Popen[bytes]:
        settings = {**SETTINGS, 'port': str(self._port)}
        chosen = [f'--{name}={value}' for name, value in settings.items()]
        data = ('-D', str(self._folder / 'data'))
        with self._log.open('ab') as output:
            server = self._session.start(
                'database',
                [str(self._programs / 'postgres'), *data, *chosen],
                ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self._folder,
                **self._owner,
            )
        if not wait_until(self._answers, START_SECONDS, lambda: server.poll() is None):
            raise PlaygroundError(f'PostgreSQL did not start; {self._last_words()}')
        return server

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _last_words(self) -> str:
        words = self._log.read_text(errors='replace').strip()[-800:]
        return f'its last words were:\n{words}' if words else 'it said nothing'
