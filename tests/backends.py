"""Which back-ends a test run uses: --backend NAME, once or twice."""

from collections.abc import Iterator, Sequence

import pytest

from playground import services
from playground.errors import PlaygroundError
from playground.services.native import INSTALL_THEM, missing
from playground.services.running import Services
from playground.session import Session
from tests.fresh_services import fresh

BACKENDS = pytest.StashKey[Sequence[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        '--backend',
        action='append',
        metavar='NAME',
        help='embedded or native; may be given twice; a named one must start.'
        ' Without it: embedded, and native where its servers are installed',
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    named = config.getoption('backend')
    for backend in named or []:
        try:
            services.check_name(backend)
        except PlaygroundError as error:
            raise pytest.UsageError(str(error)) from None
    config.stash[BACKENDS] = named or ['embedded'] + ([] if missing() else ['native'])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if 'started' in metafunc.fixturenames:
        backends: Sequence[str] = metafunc.config.stash[BACKENDS]
        metafunc.parametrize('started', backends, indirect=True, scope='session')


@pytest.fixture(scope='session')
def session() -> Iterator[Session]:
    """Owns all that a test run starts."""
    with Session() as session:
        yield session


@pytest.fixture(scope='session')
def embedded(session: Session) -> Services:
    """One Valkey server."""
    return services.start('embedded', session)


@pytest.fixture(scope='session')
def native(session: Session) -> Services:
    """A RabbitMQ and a Redis server."""
    return services.start('native', session)


@pytest.fixture(scope='session')
def started(request: pytest.FixtureRequest) -> Services:
    """A back-end that answers: the tests run once for each."""
    started: Services = request.getfixturevalue(request.param)
    return started


@pytest.fixture
def running(started: Services) -> Iterator[Services]:
    """The back-end with no queue, no message and no result in it: each test has its own vhost."""
    with fresh(started) as running:
        yield running


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    names = config.stash[BACKENDS]
    terminalreporter.write_line(f'Back-ends of this run: {", ".join(names)}.')
    if 'native' not in names and missing():
        terminalreporter.write_line(
            f'native was left out, for there is no {" and no ".join(missing())}:'
            f' {INSTALL_THEM}, then make test runs it too.'
        )
