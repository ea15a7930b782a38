"""Each name of Celery's that the pages mention is one that the installed Celery has."""

import builtins
import importlib
import itertools
import keyword
import re
import shlex
from collections.abc import Callable, Iterator, Sized
from pathlib import Path

import pytest

from playground.virtual_environment import REPOSITORY
from tests.celery_names import (
    COMMANDS,
    IDENTIFIER,
    OPTION,
    SETTING_PREFIXES,
    SETTINGS,
    options,
    words,
)
from tests.live.projects import PROJECTS
from tests.markdown import tokens
from tests.pages import PAGES

FOLDERS = ('.', 'basic_setup', 'examples', 'own_program')

# They begin like settings, and are none.
NOT_SETTINGS = {
    'broker_answers': 'a function of containers/health.py',
    'control_command': 'a decorator',
    'control_panel': 'an app of advance.md',
    'event_count': 'of a State',
    'event_loops': 'an app of production.md',
    'event_receiver': 'a program of advance.md',
    'result_expire': "README.md's misspelt setting",
    'task_cls': 'an argument',
    'task_id': 'an argument',
    'task_name': 'an argument',
    'task_failure': 'a signal',
    'task_internal_error': 'a signal',
    'task_rejected': 'a signal',
    'task_retry': 'a signal',
    'task_revoked': 'a signal',
    'task_unknown': 'a signal',
    'worker_pid': "Celery 4's name of a result's pid",
    'worker_init': 'a signal',
    'worker_process_init': 'a signal',
    'worker_process_shutdown': 'a signal',
}

OTHER_OPTIONS = {
    '--folder': 'make doctor',
    '--bind': 'gunicorn',
    '--build': 'docker compose',
    '--cpus': 'docker run',
    '--cpuset-cpus': 'docker run',
    '--email': 'manage.py createsuperuser',
    '--entrypoint': 'docker run',
    '--env-file': 'docker run',
    '--force': 'docker compose',
    '--format': 'docker compose',
    '--json': 'curl',
    '--no-control-socket': 'gunicorn',
    '--no-recreate': 'docker compose',
    '--noinput': 'manage.py createsuperuser',
    '--now': 'systemctl',
    '--profile': 'docker compose',
    '--raw': 'redis-cli',
    '--rm': 'docker run',
    '--scale': 'docker compose',
    '--sort-keys': 'json.tool',
    '--storage': 'prometheus',
    '--tb': 'pytest',
    '--threads': 'gunicorn',
    '--timeout-graceful-shutdown': 'uvicorn',
    '--username': 'manage.py createsuperuser',
    '--wait': 'docker compose',
    '--web': 'prometheus',
    '--workers': 'gunicorn and uvicorn',
}

# README.md shows what Celery says of it.
NO_OPTION = '-L'

OTHER_NAMES = {
    'LRANGE': 'a command of Redis',
    'ATOMIC_REQUESTS': 'a setting of Django',
    'CONN_MAX_AGE': 'another one',
    'EventSource': 'of a browser',
    'NOTES_CLUSTER_COOKIE': 'a variable of docker-compose.cluster.yml',
    'cluster_partition_handling': 'a setting of RabbitMQ',
    'consumer_disconnected_timeout': 'another one',
    'CELERY_TASK_SERIALIZER': "a setting of Celery 3, in README.md's words",
    'CELERY_WORKER_CONCURRENCY': 'the variable of an option of the command',
    'CELERY_BEAT_PIDFILE': 'another one',
    'celery.chord_unlock': 'a task that Celery brings',
    'celery2': 'the name that celery multi gives to a worker',
    'celery_delayed_0': 'a queue that kombu makes in RabbitMQ',
    'celery_delayed_27': 'another one',
    'ResourceLocked': 'an exception of py-amqp',
    'Enum': "Python's",
    'urllib.parse.quote': "Python's",
    'aget': 'a method of Django’s managers',
    'DOCKER_HOST': 'a variable of docker',
    'NOTES_REDIS_PORT': 'a variable of docker-compose.yml',
    'NOAUTH': 'an answer of Redis',
    'WRONGPASS': 'another one',
    'USER': 'a line of a Dockerfile',
    'User': 'a setting of systemd',
    'YES': 'the value of a variable of macOS',
    'chrony': 'a program',
    'rabbitmq_management': 'a plug-in of RabbitMQ',
    'set_permissions': 'a command of rabbitmqctl',
    'KillMode': 'a setting of systemd',
    'TimeoutStopSec': 'another one',
    'EnvironmentFile': 'a setting of systemd',
    'LoadCredential': 'another one',
    'aclfile': 'an option of Redis',
    'appendonly': 'another one',
    'maxclients': 'another one',
    'sigquit': 'a fault of make faults',
    'sigterm': 'a fault of make faults',
    'requirepass': 'another one',
    'shop_login': 'a setting that a reader may have',
    'ufw': 'a program',
    'amq.default': 'the exchange without a name, in patterns of RabbitMQ',
    'rediss': 'a scheme of URLs',
    'amqps': 'another one',
    'stop_grace_period': 'a setting of docker compose',
    'mem_limit': 'another one',
    'STOPSIGNAL': 'a line of a Dockerfile',
    'livenessProbe': 'a setting of Kubernetes',
    'readinessProbe': 'another one',
    'runAsNonRoot': 'another one',
    'os.execvp': "Python's",
    'NotScraped': 'an alert of production.md',
    'NAME': 'stands for the name of a setting',
    'QuerySet.update': 'a method of Django',
    'consumer_timeout': 'a setting of RabbitMQ',
    'cron': 'a program',
    'docs.celeryproject.org': 'the old web site',
    'docs.celeryq.dev': 'the web site',
    'head_message_timestamp': 'of RabbitMQ’s management API',
    'proj': 'a project of the reader',
    'stable': 'a version of the documentation',
    'teardown_appcontext': 'a decorator of Flask',
    'urlopen': 'urllib.request',
}

# A call or an option of one, perhaps with what it gets: r.get(timeout=10), bind=True.
NAME = re.compile(r'@?([A-Za-z_][\w.]*\w)(?:\(.*\))?(?:\s?=.*)?')

NOT_MODULES = {
    'celery.backend_cleanup': 'a task that Celery brings',
    'celery.chord_unlock': 'another one',
    'celery.ping': 'a task of celery.contrib.testing',
    'celery.py': 'a file',
}


@pytest.fixture(params=PAGES, ids=lambda page: page.name)
def page(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def code(page: Path) -> list[str]:
    """The code inside sentences, and the lines that a reader types into a terminal."""
    found = []
    for token in tokens(page):
        if token.type == 'code_inline':
            found.append(token.content)
        elif token.type == 'fence' and token.info in ('bash', 'console'):
            lines = re.sub(r'\\\n(?:> )?', ' ', token.content).splitlines()
            found += [line for line in lines if token.info == 'bash' or line.startswith('$ ')]
    return found


def celery_commands(text: str) -> Iterator[list[str]]:
    """The arguments of each ``celery``, up to the end of its command."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        words = list(lexer)
    except ValueError:  # a quotation mark alone: a message, not a command
        return
    for before, rest in ((words[:n], words[n + 1 :]) for n, w in enumerate(words) if w == 'celery'):
        if before[-1:] != ['-u']:  # the unit of journalctl
            yield list(itertools.takewhile(lambda word: not set(word) <= set('|;&<>()'), rest))


def settings(page: Path) -> set[str]:
    pattern = rf'\b(?:{"|".join(SETTING_PREFIXES)})_[a-z0-9_]+\b'
    return set(re.findall(pattern, page.read_text()))


def options_in(page: Path) -> set[str]:
    return {name for text in code(page) for name in re.findall(r'(?<![\w-])--[a-z-]+', text)}


def all_commands(page: Path) -> list[list[str]]:
    return [arguments for text in code(page) for arguments in celery_commands(text)]


def names(page: Path) -> set[str]:
    return {match[1] for text in code(page) if (match := NAME.fullmatch(text))}


@pytest.mark.parametrize(
    ('found', 'least'), [(settings, 50), (options_in, 40), (all_commands, 180), (names, 400)]
)
def test_there_is_much_to_check(found: Callable[[Path], Sized], least: int) -> None:
    assert sum(len(found(page)) for page in PAGES) > least


def test_settings_have_a_default_in_celery(page: Path) -> None:
    mentioned = settings(page)
    assert mentioned - SETTINGS - set(NOT_SETTINGS) == set()


# `celery events` has -d twice.
@pytest.mark.filterwarnings('ignore:The parameter -d is used more than once')
def test_commands_have_their_options_in_help(page: Path) -> None:
    for arguments in all_commands(page):
        command = next((argument for argument in arguments if argument in COMMANDS), None)
        known = {*options(), *options(command), NO_OPTION}
        given = itertools.takewhile(lambda argument: argument != '--', arguments)
        found = {match[0] for argument in given if (match := OPTION.match(argument))}
        assert found <= known, f'celery {shlex.join(arguments)}'


@pytest.mark.filterwarnings('ignore:The parameter -d is used more than once')
def test_options_in_sentences_are_some_commands(page: Path) -> None:
    known = set().union(options(), *map(options, COMMANDS))
    mentioned = options_in(page)
    assert mentioned - known - set(OTHER_OPTIONS) == set()


def test_names_stand_in_celerys_code_or_in_what_the_page_runs(page: Path) -> None:
    files = [path for folder in FOLDERS for path in (REPOSITORY / folder).glob('*.py')]
    files += [path for folder in PROJECTS for path in folder.rglob('*.py')]
    run = [path.read_text() for path in files]
    run += [token.content for token in tokens(page) if token.type == 'fence']
    ours = {*FOLDERS, *(path.stem for path in files)}.union(*map(IDENTIFIER.findall, run))
    pythons = {*dir(builtins), *keyword.kwlist}
    known = words() | SETTINGS | ours | pythons | set(OTHER_NAMES)
    unknown = {name for name in names(page) if not set(name.split('.')) <= known}
    assert unknown - set(OTHER_NAMES) == set()


def test_modules_of_celery_can_be_imported(page: Path) -> None:
    modules = {name for name in code(page) if re.fullmatch(r'celery(\.[a-z_]+)+', name)}
    for name in modules - set(NOT_MODULES):
        importlib.import_module(name)
