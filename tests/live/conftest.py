"""Workers in background terminals, and a caller, for the tests that need real ones."""

import contextlib
import itertools
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery

from playground.services.running import Services
from playground.session import Session
from playground.terminal import Terminal, reader_environment
from playground.waiting import wait_until
from tests.backends import BACKENDS
from tests.brokers import BROKERS
from tests.fresh_services import fresh
from tests.live.engine import engine_session

__all__ = ['engine_session']

READY_SECONDS = 30.0

NUMBERS = itertools.count(1)

StartWorker = Callable[..., Terminal]
StartModule = Callable[..., Terminal]


def node(worker: Terminal) -> str:
    """The name that a worker was started with."""
    return worker.command.split(' -n ')[1].split()[0]


@contextlib.contextmanager
def terminals(session: Session) -> Iterator[Callable[..., Terminal]]:
    """Run commands in background terminals, until the block ends.

    Args:
        session: owns them.

    Yields:
        Starts a terminal; it takes a command, an environment and, if it is another one than the
        repository's, a folder.
    """
    started: list[Terminal] = []

    def start(command: str, *place: Any) -> Terminal:
        started.append(Terminal(session, f'terminal-{next(NUMBERS)}', command, *place))
        return started[-1]

    try:
        yield start
    finally:
        # At once, for it takes a worker two seconds to say goodbye to a broker that ends here too.
        for terminal in started:
            terminal.kill()


@pytest.fixture
def open_terminal(running: Services, session: Session) -> Iterator[Callable[[str], Terminal]]:
    """Run a command in a background terminal, until the test ends."""
    with terminals(session) as start:
        yield lambda command: start(command, reader_environment(running))


@pytest.fixture
def start_worker(open_terminal: Callable[[str], Terminal], caller: Celery) -> StartWorker:
    """Start ``celery -A APP worker -l info -n UNIQUE OPTIONS`` and wait until it obeys.

    With Redis a worker says that it is ready just before it subscribes to remote commands: what
    is sent in between is lost (kombu/transport/redis.py, ``on_poll_start``).
    """

    def start(app: str, options: str = '') -> Terminal:
        node = f'{app}-{next(NUMBERS)}@localhost'
        worker = open_terminal(f'celery -A {app} worker -l info -n {node} {options}'.rstrip())
        worker.wait_for(' ready.', READY_SECONDS)
        assert wait_until(lambda: caller.control.ping([node], timeout=0.2), READY_SECONDS)
        return worker

    return start


@pytest.fixture
def start_module(open_terminal: Callable[[str], Terminal], tmp_path: Path) -> StartModule:
    """Write an app of the test's own into its folder, start a worker there, wait until ready."""

    def start(app: str, source: str, options: str = '', **variables: str) -> Terminal:
        (tmp_path / f'{app}.py').write_text(source)
        before = ' '.join(f'{name}={shlex.quote(value)}' for name, value in variables.items())
        node = f'{app}-{next(NUMBERS)}@localhost'
        worker = open_terminal(
            f'cd {shlex.quote(str(tmp_path))} &&'
            f' {before} celery -A {app} worker -l info -n {node} {options}'
        )
        worker.wait_for(' ready.', READY_SECONDS)
        return worker

    return start


@pytest.fixture
def chosen(request: pytest.FixtureRequest) -> Iterator[Services]:
    """One back-end, with a RabbitMQ if there is one: for what would take long on each."""
    names = request.config.stash[BACKENDS]
    name = next((name for name in names if BROKERS[name] == 'RabbitMQ'), names[0])
    with fresh(request.getfixturevalue(name)) as running:
        yield running


@pytest.fixture
def caller(running: Services) -> Iterator[Celery]:
    """An app that knows no task: it sends them by name."""
    app = Celery('caller', broker=running.broker_url, backend=running.result_backend)
    app.set_current = lambda: None
    yield app
    app.close()
