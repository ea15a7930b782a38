"""Which back-ends a test run uses: --backend NAME, once or several times."""

import platform
import shutil
from collections.abc import Iterator, Sequence

import pytest
from xdist.workermanage import WorkerController

from playground import docker, services
from playground.errors import PlaygroundError
from playground.services import compose as compose_services
from playground.services import postgresql
from playground.services.native import INSTALL_THEM, missing
from playground.services.running import Services
from playground.session import Session
from tests.fresh_services import fresh

BACKENDS = pytest.StashKey[Sequence[str]]()
# What was started, as in {'embedded': 'Valkey 9.1.2 as broker and result backend'}.
STARTED = pytest.StashKey[dict[str, str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        '--backend',
        action='append',
        metavar='NAME',
        help='embedded, native or compose; may be given several times; a named one must start.'
        ' Without it: embedded, and the others where their servers or Docker are installed',
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    named = config.getoption('backend')
    for backend in named or []:
        try:
            services.check_name(backend)
        except PlaygroundError as error:
            raise pytest.UsageError(str(error)) from None
    config.stash[BACKENDS] = named or _all_that_are_here()
    config.stash[STARTED] = {}


def _all_that_are_here() -> list[str]:
    return [
        'embedded',
        *([] if missing() else ['native']),
        *(['compose'] if docker.engine_answers() else []),
    ]


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
def embedded(session: Session, pytestconfig: pytest.Config) -> Services:
    """One Valkey server."""
    return _noted(services.start('embedded', session), pytestconfig)


@pytest.fixture(scope='session')
def native(session: Session, pytestconfig: pytest.Config) -> Services:
    """A RabbitMQ and a Redis server."""
    return _noted(services.start('native', session), pytestconfig)


@pytest.fixture(scope='session')
def compose(session: Session, pytestconfig: pytest.Config) -> Services:
    """The services of docker-compose.yml, in a project of this process alone."""
    return _noted(compose_services.start_own(session), pytestconfig)


@pytest.fixture(scope='session')
def started(request: pytest.FixtureRequest) -> Services:
    """A back-end that answers: the tests run once for each."""
    started: Services = request.getfixturevalue(request.param)
    return started


@pytest.fixture(scope='session')
def postgresql_server(session: Session, pytestconfig: pytest.Config) -> postgresql.Server:
    """A PostgreSQL."""
    if reason := lacks_postgresql(pytestconfig):
        pytest.skip(reason)
    server = postgresql.Server(session)
    pytestconfig.stash[STARTED]['database'] = server.version
    return server


def lacks_postgresql(config: pytest.Config) -> str | None:
    """Say why what needs a PostgreSQL is skipped; where ``native`` was named, it never is."""
    return _lacks(config, 'PostgreSQL', postgresql.programs())


def lacks_prometheus(config: pytest.Config) -> str | None:
    """Say why what needs a Prometheus is skipped; where ``native`` was named, it never is."""
    return _lacks(config, 'Prometheus', shutil.which('prometheus'))


def skip_without_native(config: pytest.Config) -> None:
    """Skip a test where native is not asked for."""
    if 'native' not in config.stash[BACKENDS]:
        pytest.skip('needs the RabbitMQ of this machine, and native is not among the back-ends')


def _lacks(config: pytest.Config, name: str, found: object) -> str | None:
    if found or 'native' in (config.getoption('backend') or []):
        return None
    return f'there is no {name} on this machine (on Debian: sudo apt install {name.lower()})'


@pytest.fixture
def running(started: Services) -> Iterator[Services]:
    """The back-end with no queue, no message and no result in it: each test has its own vhost."""
    with fresh(started) as running:
        yield running


def _noted(started: Services, config: pytest.Config) -> Services:
    config.stash[STARTED][started.backend] = started.description
    return started


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that collects the results what this one has started."""
    output = getattr(session.config, 'workeroutput', None)
    if output is not None:
        output['started'] = session.config.stash[STARTED]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: WorkerController) -> None:
    node.config.stash[STARTED].update(getattr(node, 'workeroutput', {}).get('started', {}))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    names = config.stash[BACKENDS]
    terminalreporter.write_line(
        f'Back-ends of this run, on Python {platform.python_version()}: {", ".join(names)}.'
    )
    for backend, description in sorted(config.stash[STARTED].items()):
        terminalreporter.write_line(f'{backend}: {description}.')
    if 'native' not in names and missing():
        terminalreporter.write_line(
            f'native was left out, for there is no {" and no ".join(missing())}:'
            f' {INSTALL_THEM}, then make test runs it too.'
        )
    if 'compose' not in names and not docker.engine_answers():
        terminalreporter.write_line(
            'compose was left out, for no Docker Engine answers: start it, then make test runs it.'
        )
