"""docker compose as a reader types it, for the tests that need a Docker Engine."""

import os
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from playground import compose_file, docker
from playground.ports import free_port
from playground.session import Session
from tests.backends import BACKENDS

SECONDS = 180.0


class Engine:
    """A project of a test's own.

    Attributes:
        choices: what the test's terminals need in their environment.
    """

    def __init__(self, session: Session, choices: Mapping[str, str], folder: Path) -> None:
        """Name a project, which a session forgets at its end; nothing is started.

        Args:
            session: takes it down.
            choices: values for the variables of docker-compose.yml.
            folder: where the commands are typed.
        """
        self.name = f'celery-notes-test-{uuid.uuid4().hex[:8]}'
        self.choices = {**choices, 'COMPOSE_PROJECT_NAME': self.name}
        self._folder = folder
        project = docker.Project(self.name, choices)
        session.ends_with(project.command(*docker.FORGET), project.environment)

    def type(self, command: str, **choices: str) -> str:
        """Type a command that has to succeed.

        Args:
            command: a line for bash.
            choices: further variables, for this command alone.

        Returns:
            What it printed on standard output.
        """
        kept = {name: value for name, value in os.environ.items() if name[:6] != 'NOTES_'}
        ended = subprocess.run(
            ['bash', '-c', command],
            env={**kept, **self.choices, **choices},
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        assert ended.returncode == 0, f'{command}\n{ended.stdout}{ended.stderr}'
        return ended.stdout

    def inspect(self, service: str, template: str) -> list[str]:
        """Look at each container of a service, stopped ones too.

        Args:
            service: as docker-compose.yml names it.
            template: what to print of each, as docker inspect takes it.
        """
        listed = f"docker compose --profile '*' ps --all --quiet {service}"
        return self.type(f"docker inspect --format '{template}' $({listed})").splitlines()

    def health(self, service: str) -> list[str]:
        """Tell what Docker thinks of each container of a service."""
        return self.inspect(service, '{{.State.Health.Status}}')

    def networks(self) -> list[str]:
        """List the networks of the project."""
        label = f'label=com.docker.compose.project={self.name}'
        return self.type(f'docker network ls --quiet --filter {label}').split()

    def containers(self) -> list[str]:
        """List the containers of the project, stopped ones too."""
        label = f'label=com.docker.compose.project={self.name}'
        return self.type(f'docker ps --all --quiet --filter {label}').split()

    def volumes(self) -> list[str]:
        """List the volumes of the project."""
        label = f'label=com.docker.compose.project={self.name}'
        return self.type(f'docker volume ls --quiet --filter {label}').split()


def free_choices() -> dict[str, str]:
    """Choose free ports for docker-compose.yml."""
    return {variable: str(free_port()) for variable in compose_file.PORTS}


@pytest.fixture
def engine_session(request: pytest.FixtureRequest) -> Iterator[Session]:
    """Owns the projects of one test; without an engine the test is skipped."""
    if 'compose' not in request.config.stash[BACKENDS]:
        pytest.skip('needs a Docker Engine, and compose is not among the back-ends of this run')
    with Session() as session:
        yield session
