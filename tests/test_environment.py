"""No variable that the installed programs read leads them elsewhere."""

import ast
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from celery.bin.celery import celery

from playground.environment import (
    OF_A_SCREEN,
    clean,
    clean_for_terminal,
    is_misleading,
    shell_lines,
    without_proxy,
)
from playground.virtual_environment import PACKAGES

SECONDS = 10.0

# What the sources read and the reader's terminal may keep.
KEPT = {
    'NO_COLOR',  # not in a terminal of ours
    'PATH',
    'PWD',  # bash sets it
    'TERM',
    'ITERM_PROFILE',  # pictures in the terminal iTerm
    'NUMBER_OF_PROCESSORS',  # Windows
    *(
        'SLMQ_ACCOUNT',
        'SLMQ_HOST',
        'SLMQ_PORT',
        'SLMQ_SECURE',
        'SL_API_KEY',
        'SL_USERNAME',
    ),  # another broker
    'PUBSUB_EMULATOR_HOST',  # another broker
}

STRAY = {
    'BROKER_URL': 'redis://elsewhere',
    'APP': 'with a space',
    'CELERY_WORKER_QUEUES': 'other',
    'PYTHONPATH': '/elsewhere',
}
OURS = {'CELERY_BROKER_URL': 'redis://ours', 'CELERY_RESULT_BACKEND': 'redis://ours'}
SHOW = """set -eu
. "$1"
echo "${BROKER_URL-gone} ${APP-gone} ${CELERY_WORKER_QUEUES-gone} ${PYTHONPATH-gone}"
echo "$CELERY_BROKER_URL $PYTHONUNBUFFERED $no_proxy"
. "$1"
"""


def names_of_options(command: click.Command, prefix: str) -> Iterator[str]:
    """The variables that click reads for the options of a command and of its sub-commands."""
    for parameter in command.params:
        yield f'{prefix}_{parameter.name}'.upper()
        envvar = parameter.envvar or []
        yield from [envvar] if isinstance(envvar, str) else envvar
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from names_of_options(child, f'{prefix}_{name}'.upper().replace('-', '_'))


def names_in_sources(package: str) -> Iterator[str]:
    """The names that a package's sources look up in ``os.environ``."""
    for path in (PACKAGES / package).rglob('*.py'):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                function, arguments = ast.unparse(node.func), node.args[:1]
            elif isinstance(node, ast.Subscript):
                function, arguments = ast.unparse(node.value), [node.slice]
            else:
                continue
            if 'environ' in function.split('.') or function in ('os.getenv', '_int_env'):
                for argument in arguments:
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                        yield argument.value


def test_no_option_of_celery_comes_from_the_environment() -> None:
    names = set(names_of_options(celery, 'CELERY'))
    assert {'BROKER_URL', 'CELERY_WORKER_QUEUES', 'CELERY_BEAT_SCHEDULE'} <= names
    assert {name for name in names if not is_misleading(name)} == {'NO_COLOR'}
    assert 'NO_COLOR' in OF_A_SCREEN


@pytest.mark.parametrize('package', ['celery', 'kombu', 'billiard', 'flower', 'amqp', 'vine'])
def test_each_variable_in_the_sources_has_a_decision(package: str) -> None:
    names = set(names_in_sources(package))
    assert {name for name in names if not is_misleading(name) and name.isupper()} <= KEPT


def test_pip_has_the_readers_proxies_and_settings() -> None:
    kept = {'https_proxy': 'http://proxy:3128', 'PIP_INDEX_URL': 'https://elsewhere', 'TZ': 'UTC'}
    assert kept.items() <= clean({**kept, **STRAY}).items()
    assert not STRAY.keys() & clean({**kept, **STRAY}).keys()


def test_a_terminal_speaks_one_language_and_asks_this_machine_directly() -> None:
    terminal = clean_for_terminal(
        {'LC_ALL': 'de_DE', 'NO_COLOR': 'please', 'NO_PROXY': 'a.example', 'HOME': '/home/bob'}
    )
    assert not {'LC_ALL', 'NO_COLOR'} & terminal.keys()
    assert terminal['LANG'] == 'C.UTF-8'
    assert terminal['HOME'] == '/home/bob'
    assert terminal['no_proxy'] == terminal['NO_PROXY'] == 'a.example,127.0.0.1,localhost'


@pytest.mark.parametrize(
    ('before', 'after'),
    [
        ('', '127.0.0.1,localhost'),
        ('a.example', 'a.example,127.0.0.1,localhost'),
        ('localhost', 'localhost,127.0.0.1'),
        ('*', '*'),
    ],
)
def test_hosts_without_a_proxy(before: str, after: str) -> None:
    assert without_proxy(before) == after
    assert without_proxy(after) == after


@pytest.mark.parametrize('shell', ['bash', 'dash', 'zsh', 'sh'])
def test_a_readers_shell_unsets_them_and_says_which(shell: str, tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f'there is no {shell} on this machine')
    script = tmp_path / 'env'
    exports = [f'export {name}={value}' for name, value in OURS.items()]
    script.write_text('\n'.join([*shell_lines(OURS), *exports, '']))
    done = subprocess.run(
        [program, '-c', SHOW, shell, script],
        env={'PATH': '/usr/bin:/bin', 'PYTHONUNBUFFERED': '1', **STRAY},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.stdout == 'gone gone gone gone\nredis://ours 1 127.0.0.1,localhost\n', done.stderr
    message, names = done.stderr.split(': ')
    assert message == 'Unset here, for they mislead the commands of the notes'
    assert sorted(names.split()) == sorted(STRAY)
