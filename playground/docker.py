"""Runs docker compose: a project of docker-compose.yml's services comes up, and goes."""

import os
import shutil
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path

import psutil

from playground.compose_file import CHOICES, COMPOSE_FILE, PORTS, ComposeFile
from playground.errors import PlaygroundError
from playground.ports import LOOPBACK, free_port, is_free
from playground.session import Session
from playground.virtual_environment import REPOSITORY

ANSWER_SECONDS = 20.0
CHOOSE_ANOTHER = 'or choose another back-end, as in: make demo BACKEND=embedded'
# The first time, it downloads two images and builds one.
UP_SECONDS = 1200.0

# What was started is taken down, and its messages stay; or nothing at all stays.
LEAVE = ('--profile', '*', 'down', '--remove-orphans')
FORGET = (*LEAVE, '--volumes', '--rmi', 'local', '--timeout', '1')


class Project:
    """The containers, the network and the volumes of one name."""

    def __init__(
        self, name: str, choices: Mapping[str, str] | None = None, file: Path = COMPOSE_FILE
    ) -> None:
        """Describe a project; nothing is started.

        Args:
            name: of the project.
            choices: values for the variables of docker-compose.yml. Without them the reader's
                own hold: those of the environment and of ``.env``.
            file: which has its services.
        """
        self.name = name
        self._file = file
        self._choices = choices

    @property
    def choices(self) -> dict[str, str]:
        """The variables that lead a ``docker compose`` of any folder to this project.

        A name that is no project's, docker compose changes only if it stands here.
        """
        return {**(self._choices or {}), 'COMPOSE_PROJECT_NAME': self.name}

    def command(self, *arguments: str) -> list[str]:
        """A docker compose command on this project.

        Args:
            arguments: what stands behind ``docker compose``.
        """
        file = str(CHOICES if self._choices is None and CHOICES.exists() else os.devnull)
        return [
            *('docker', 'compose', '--env-file', file),
            *('--project-directory', str(REPOSITORY), '--file', str(self._file), *arguments),
        ]

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its commands: where the engine is, and what was chosen."""
        if self._choices is None:
            return {**os.environ, **self.choices}
        kept = {name: value for name, value in os.environ.items() if name[:6] != 'NOTES_'}
        return {**kept, **self.choices}

    def services(self) -> list[str]:
        """List its services that run.

        Raises:
            PlaygroundError: docker compose refuses to tell.
        """
        command = self.command('ps', '--services', '--status', 'running')
        return _run(command, self.environment, 'docker compose refuses').split()

    def up(self, session: Session, settings: ComposeFile, forget: bool) -> None:
        """Start the services, wait until they are healthy, and end them with a session.

        Args:
            session: takes the project down when it ends.
            settings: the ports, which have to be free.
            forget: whether the volumes go too, and the image that was built.

        Raises:
            PlaygroundError: docker compose refuses its file, a port is taken, or Docker cannot
                start a service.
        """
        _run(self.command('config', '--quiet'), self.environment, 'docker compose refuses')
        _check_ports(settings)
        session.ends_with(self.command(*(FORGET if forget else LEAVE)), self.environment)
        self.start(session)

    def start(self, session: Session, *services: str) -> None:
        """Start services and wait until they are healthy; whoever calls it ends them.

        Args:
            session: owns the command.
            services: which; without any, all.

        Raises:
            PlaygroundError: Docker cannot start a service.
        """
        log = session.folder / f'{self.name}.log'
        command = self.command('up', '--detach', '--wait', '--quiet-pull', *services)
        if session.run(command, self.environment, UP_SECONDS, log) != 0:
            lines = [line for line in log.read_text(errors='replace').splitlines() if line.strip()]
            raise PlaygroundError(
                'docker compose could not start the services'
                f' ({lines[-1].strip() if lines else "it said nothing"});'
                f' their last lines were:\n{self._last_words()}'
            )

    def _last_words(self) -> str:
        try:
            command = self.command('logs', '--no-color', '--tail', '10')
            return _run(command, self.environment, 'docker compose refuses').strip()
        except PlaygroundError as error:
            return str(error)


def free_choices() -> dict[str, str]:
    """Choose free ports for docker-compose.yml."""
    return {variable: str(free_port()) for variable in PORTS}


def own_project(choices: Mapping[str, str], file: Path = COMPOSE_FILE) -> Project:
    """Name a project that is not the reader's.

    Args:
        choices: values for the variables of the file.
        file: which has its services.
    """
    return Project(f'celery-notes-test-{uuid.uuid4().hex[:8]}', choices, file)


def check() -> None:
    """Refuse a Docker that cannot start anything.

    Raises:
        PlaygroundError: the program, its part compose or the engine is missing.
    """
    if shutil.which('docker') is None:
        raise PlaygroundError(
            f'there is no program docker on this machine: install Docker, {CHOOSE_ANOTHER}'
        )
    try:
        _run(['docker', 'compose', 'version', '--short'], os.environ, 'no version')
    except PlaygroundError:
        raise PlaygroundError(
            'this Docker has no `docker compose`: install its plugin (docker-compose-plugin, or'
            f' docker-compose on Debian), {CHOOSE_ANOTHER}'
        ) from None
    _run(['docker', 'info', '--format', '{{.ServerVersion}}'], os.environ, 'Docker does not answer')


def engine_answers() -> bool:
    """Tell whether docker compose and an engine are there."""
    try:
        check()
    except PlaygroundError:
        return False
    return True


def _check_ports(settings: ComposeFile) -> None:
    for variable, port in settings.ports.items():
        if not is_free(port):
            raise PlaygroundError(
                f'port {port} of {LOOPBACK} is taken by {_owner(port)}: end it,'
                f' or choose another port in .env or before the command, as in:'
                f' {variable}={port + 10000 if port < 50000 else port - 10000}'
            )


def _owner(port: int) -> str:
    """Name the container or the process that listens on a port, if this user may see it."""
    published = ['docker', 'ps', '--filter', f'publish={port}', '--format', '{{.Names}}']
    if containers := _run(published, os.environ, 'Docker does not answer').split():
        return f'the container {containers[0]}'
    try:
        for connection in psutil.net_connections('tcp'):
            listens = connection.status == psutil.CONN_LISTEN and connection.pid
            if listens and connection.laddr and connection.laddr.port == port:
                name = psutil.Process(connection.pid).name()
                return f'{name} (process {connection.pid})'
    except psutil.Error:
        pass
    return 'another program'


def _run(command: list[str], environment: Mapping[str, str], failure: str) -> str:
    try:
        ended = subprocess.run(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ANSWER_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise PlaygroundError(
            f'Docker did not answer within {ANSWER_SECONDS:.0f} seconds: start it again,'
            f' {CHOOSE_ANOTHER}'
        ) from None
    if ended.returncode:
        lines = [line for line in ended.stderr.splitlines() if line.strip()]
        said = lines[-1].strip() if lines else 'it said nothing'
        raise PlaygroundError(f'{failure} ({said}): mend that, {CHOOSE_ANOTHER}')
    return ended.stdout
