"""make play: the services stay until Ctrl-C, for a reader with the notes and further terminals."""

import shlex
import signal
import time
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console

from playground import compose_file, environment, flower, pasted, services
from playground.errors import PlaygroundError
from playground.ports import LOOPBACK, answers, is_free
from playground.services.running import Services
from playground.session import Session
from playground.virtual_environment import ENVIRONMENT

SILENT_SECONDS = 60.0
ASKING_SECONDS = 2.0

COMMAND = 'make play'


def run(backend: str | None, flower_port: int | None) -> int:
    """Start the services and Flower, and wait for Ctrl-C.

    Args:
        backend: ``compose``, ``native`` or ``embedded``; without one, one is chosen.
        flower_port: where Flower listens; without one, on docker-compose.yml's port.

    Raises:
        PlaygroundError: a part cannot start or ends too early, or another play runs already.
    """
    pasted.make_folder(COMMAND)
    console = Console(highlight=False, soft_wrap=True)
    port = flower_port or compose_file.read().flower_port
    with Session() as session:
        running = services.start(backend, session)
        console.print(f'[bold]{running.backend}[/]: {running.description}')
        if running.flower_url is None:
            _start_flower(session, running, port)
        line = pasted.write(session, 'env', COMMAND, _lines(running))
        user, password = running.credentials.split(':', 1)
        url = running.flower_url or f'http://{LOOPBACK}:{port}'
        console.print(f'[bold]Flower[/]: {url} (user {user}, password {password})')
        console.print('\nIn every further terminal, paste this line first:\n')
        console.print(f'  {line}\n', style='cyan')
        console.print('Then every command of the notes works as it is printed, for example:\n')
        console.print('  celery -A vege worker -l info\n', style='cyan')
        console.print(f'Ctrl-C ends {running.ends}.')
        signal.signal(signal.SIGINT, signal.default_int_handler)
        watch = Watch(running)
        try:
            ended = session.wait_for_an_end(watch.goes_on)
        except KeyboardInterrupt:
            return 0
    if ended:
        raise PlaygroundError(f'{Path(ended).name} has ended, so the rest was ended too')
    raise PlaygroundError(
        f'no {watch.silent} has answered for {SILENT_SECONDS:.0f} seconds, so the rest was ended'
        ' too: docker compose ps --all shows what became of the services'
    )


class Watch:
    """Notices that services have gone which are no processes of ours, such as Docker's.

    One that restarts is silent for a while.

    Attributes:
        silent: the service that has not answered lately, if there is one.
    """

    def __init__(self, running: Services) -> None:
        """Begin to watch.

        Args:
            running: its broker and its result backend are watched.
        """
        urls = {'broker': running.broker_url, 'result backend': running.result_backend}
        self._ports = {service: urlsplit(url).port or 0 for service, url in urls.items()}
        self._asked = time.monotonic()
        self._answered = dict.fromkeys(urls, self._asked)
        self.silent: str | None = None

    def goes_on(self) -> bool:
        """Tell whether both have answered lately; they are asked every few seconds."""
        now = time.monotonic()
        if now - self._asked < ASKING_SECONDS:
            return True
        self._asked = now
        for service, port in self._ports.items():
            if answers(port):
                self._answered[service] = now
            elif now - self._answered[service] >= SILENT_SECONDS:
                self.silent = service
        return self.silent is None


def _start_flower(session: Session, running: Services, port: int) -> None:
    if not is_free(port):
        raise PlaygroundError(
            f'port {port}, where Flower would listen, is taken: end the program that has it,'
            ' or choose another port, as in: make play FLOWER_PORT=5556'
        )
    flower.start(session, running, port).wait_for('Visit me at', flower.START_SECONDS)


def _lines(running: Services) -> list[str]:
    lines = [
        f'. {shlex.quote(str(ENVIRONMENT / "bin" / "activate"))}',
        *environment.shell_lines(running.environment),
        *(f'export {name}={shlex.quote(value)}' for name, value in running.environment.items()),
    ]
    if running.programs:
        lines.append(f'PATH={shlex.quote(str(running.programs))}:"$PATH"')
    return lines
