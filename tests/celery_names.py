"""What the installed Celery has: its settings, its commands with their options, its words."""

import ast
import functools
import re
from importlib import import_module
from pathlib import Path

import flower.options  # noqa: F401  (it tells tornado its options)
import tornado.options
from celery.app.defaults import NAMESPACES, SETTING_KEYS
from celery.bin.celery import celery
from click.testing import CliRunner

IDENTIFIER = re.compile(r'[A-Za-z_]\w*')
# Of the nodes of Python's syntax tree: id of a Name, attr of an Attribute, and so on.
NAME_FIELDS = ('id', 'attr', 'arg', 'name', 'module', 'value')
OPTION = re.compile(r'(?<![\w-])--?[A-Za-z][\w-]*')

SETTINGS: set[str] = set(SETTING_KEYS)
SETTING_PREFIXES = sorted(name for name, value in NAMESPACES.items() if isinstance(value, dict))
COMMANDS: set[str] = set(celery.commands)


@functools.cache
def options(command: str | None = None) -> set[str]:
    """Find the options of a command in what its ``--help`` prints.

    Args:
        command: as in ``worker``; without one, the options of ``celery`` itself.
    """
    shown = CliRunner().invoke(celery, [command, '--help'] if command else ['--help'])
    assert shown.exit_code == 0, shown.output
    names = {name for line in _option_lines(shown.output) for name in OPTION.findall(line)}
    match command:
        case 'multi':  # hands them to its workers
            names |= options('worker')
        case 'flower':  # has tornado read them
            given = tornado.options.options
            names |= {f'--{name.replace("_", "-")}' for name in given.as_dict()}
    return names


@functools.cache
def words() -> set[str]:
    """Each name in the code of Celery and its parts; strings count, comments do not."""
    found: set[str] = set()
    for package in ('celery', 'kombu', 'billiard', 'flower'):
        folder = Path(import_module(package).__file__ or '').parent
        for path in folder.rglob('*.py'):
            for node in ast.walk(ast.parse(path.read_bytes())):
                values = [getattr(node, field, None) for field in NAME_FIELDS]
                found.update(value for value in values if isinstance(value, str))
    return found


def _option_lines(text: str) -> list[str]:
    """The left column of the lines that begin with an option."""
    lines = [line.strip() for line in text.splitlines()]
    return [line.partition('  ')[0] for line in lines if line.startswith('-')]
