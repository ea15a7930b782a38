"""What the tests of the apps share."""

from collections.abc import Callable, Iterator

import pytest
from celery import Celery

from playground import compose_file
from tests.live.launcher import Launcher


@pytest.fixture
def run_eagerly() -> Iterator[Callable[[Celery], None]]:
    """Make an app run its tasks in this process, errors included, until the test ends."""
    apps: list[Celery] = []

    def make(app: Celery) -> None:
        apps.append(app)
        app.conf.update(task_always_eager=True, task_eager_propagates=True)

    yield make
    for app in apps:
        app.conf.update(task_always_eager=False, task_eager_propagates=False)


@pytest.fixture
def compose_settings() -> compose_file.ComposeFile:
    """What docker-compose.yml says, read from the file."""
    return compose_file.read()


@pytest.fixture
def launcher() -> Iterator[Launcher]:
    """A copy of the repository in which a test runs make demo, make play or the like."""
    launcher = Launcher()
    yield launcher
    launcher.close()
