"""make database: a PostgreSQL until Ctrl-C, for a reader with the notes in other terminals."""

import shlex
import signal

from rich.console import Console

from playground import environment, pasted
from playground.errors import PlaygroundError
from playground.services.postgresql import MOST_CONNECTIONS, Server
from playground.session import Session

COMMAND = 'make database'


def run() -> int:
    """Start the server, and wait for Ctrl-C.

    Raises:
        PlaygroundError: it cannot start or ends too early, or another one runs already.
    """
    pasted.make_folder(COMMAND)
    console = Console(highlight=False, soft_wrap=True)
    with Session() as session:
        server = Server(session)
        line = pasted.write(session, 'database', COMMAND, _lines(server.url))
        console.print(f'[bold]{server.version}[/] runs, for up to {MOST_CONNECTIONS} connections.')
        console.print('\nIn every further terminal, paste this line, after that of make play:\n')
        console.print(f'  {line}\n', style='cyan')
        console.print('It sets DATABASE_URL. Ctrl-C ends the server, and nothing stays behind.')
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            session.wait_for_an_end(lambda: True)
        except KeyboardInterrupt:
            return 0
    raise PlaygroundError('PostgreSQL has ended: see why, then run this again')


def _lines(url: str) -> list[str]:
    """Of the variables that mislead, only those of a database: play's own may be set already."""
    return [
        *environment.unsetting({'DATABASE_URL': url}, environment.OF_A_DATABASE),
        f'export DATABASE_URL={shlex.quote(url)}',
    ]
