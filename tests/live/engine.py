"""docker compose as a reader types it, for the tests that need a Docker Engine."""

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from playground import docker
from playground.session import Session
from tests.backends import BACKENDS

SECONDS = 180.0


class Engine:
    """A project, in a folder where its commands are typed.

    Attributes:
        name: of the project.
        choices: what the test's terminals need in their environment.
    """

    def __init__(self, project: docker.Project, folder: Path) -> None:
        """Take a project; nothing is started.

        Args:
            project: whose services the commands concern.
            folder: where they are typed.
        """
        self._project = project
        self._folder = folder
        self.name = project.name
        self.choices = project.choices

    def type(self, command: str, **choices: str) -> str:
        """Type a command that has to succeed.

        Args:
            command: a line for bash.
            choices: further variables, for this command alone.

        Returns:
            What it printed on standard output.
        """
        ended = subprocess.run(
            ['bash', '-c', command],
            env={**self._project.environment, **choices},
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
        return self._labelled('docker network ls')

    def containers(self) -> list[str]:
        """List the containers of the project, stopped ones too."""
        return self._labelled('docker ps --all')

    def volumes(self) -> list[str]:
        """List the volumes of the project."""
        return self._labelled('docker volume ls')

    def _labelled(self, listing: str) -> list[str]:
        label = f'label=com.docker.compose.project={self.name}'
        return self.type(f'{listing} --quiet --filter {label}').split()


def own_engine(session: Session, choices: Mapping[str, str], folder: Path) -> Engine:
    """Name a project of a test's own, which a session forgets at its end; nothing is started.

    Args:
        session: takes it down.
        choices: values for the variables of docker-compose.yml.
        folder: where the commands are typed.
    """
    project = docker.own_project(choices)
    session.ends_with(project.command(*docker.FORGET), project.environment)
    return Engine(project, folder)


def skip_without_engine(config: pytest.Config) -> None:
    """Skip a test where compose is not asked for."""
    if 'compose' not in config.stash[BACKENDS]:
        pytest.skip('needs a Docker Engine, and compose is not among the back-ends of this run')


@pytest.fixture
def engine_session(request: pytest.FixtureRequest) -> Iterator[Session]:
    """Owns the projects of one test; without an engine the test is skipped."""
    skip_without_engine(request.config)
    with Session() as session:
        yield session
