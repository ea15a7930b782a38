"""Chooses the Python that is judged, and has it run the examination: standard library only."""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from playground.virtual_environment import REPOSITORY

USAGE_ERROR = 2

# Run by the Python that is judged, be it old or without Celery. The reader's own modules come
# first in the search later, and ours is not among them.
BEGIN = """\
import sys
if sys.path and sys.path[0] == '':
    del sys.path[0]
if sys.version_info < (3, 10):
    import json
    options = json.loads(sys.argv[2])
    finding = {'check': 'python', 'level': 'fault', 'entry': 'troubleshooting.md#other-versions'}
    finding['sentence'] = 'Python %d.%d, and Celery 5.7 needs 3.10 or newer' % sys.version_info[:2]
    finding['next'] = 'python3.13 -m venv .venv'
    about = {'version': 1, 'app': options['app'], 'folder': options['folder'], 'seconds': 0.0}
    about['python'], about['findings'] = sys.executable, [finding]
    about['counts'] = {'ok': 0, 'warning': 0, 'fault': 1, 'unknown': 0}
    line = 'fault    python  %(sentence)s\\n\\npython (%(entry)s):\\n  %(next)s' % finding
    sys.stdout.write((json.dumps(about, indent=2) if options['json'] else line) + '\\n')
    sys.exit(1)
sys.path.insert(0, sys.argv[1])
from playground.doctor import examination
sys.path.remove(sys.argv[1])
examination.main(sys.argv[2])
"""


def run(arguments: Sequence[str]) -> int:
    """Parse the arguments and become the judged Python; the environment stays as it is.

    Args:
        arguments: those behind ``doctor``.

    Returns:
        The exit status 2, for what the reader can mend.
    """
    chosen = _parse(arguments)
    folder = Path(chosen.folder).expanduser()
    if not folder.is_dir():
        return _refuse(f'there is no folder {folder}')
    folder = folder.resolve()
    if chosen.management and urlsplit(chosen.management).scheme not in ('http', 'https'):
        return _refuse('--management is an address as http://localhost:15672')
    python = choose_python(chosen.python, folder, os.environ)
    if python is None:
        return _refuse(f'there is no program {chosen.python}')
    options = {
        'app': chosen.app,
        'folder': str(folder),
        'management': chosen.management,
        'json': chosen.json,
    }
    try:
        os.execv(python, [python, '-c', BEGIN, str(REPOSITORY), json.dumps(options)])
    except OSError as error:
        return _refuse(f'{python} does not run ({error.strerror})')


def choose_python(named: str | None, folder: Path, variables: Mapping[str, str]) -> str | None:
    """Choose the Python whose packages are judged: the one that the reader's commands have.

    In this order: the one that is named; this one, if it is of a virtual environment; that of the
    virtual environment that is active; that in the folder; this one.

    Args:
        named: a program, or None.
        folder: the reader's.
        variables: the environment.

    Returns:
        Its path; None if there is no program of that name.
    """
    if named:
        return shutil.which(str(Path(named).expanduser()))
    if sys.prefix != sys.base_prefix:
        return sys.executable
    active = variables.get('VIRTUAL_ENV')
    environments = [*([Path(active)] if active else []), folder / '.venv', folder / 'venv']
    pythons = [environment / 'bin' / 'python' for environment in environments]
    return next((str(python) for python in pythons if python.exists()), sys.executable)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='python -m playground doctor',
        description='Looks at your own set-up, changes nothing, and says what is wrong.',
        allow_abbrev=False,
    )
    parser.add_argument('-A', '--app', metavar='APP', help='your app, as you give it to celery')
    parser.add_argument(
        '--folder', default='.', metavar='PATH', help='where you run celery; without it, here'
    )
    parser.add_argument(
        '--python', metavar='PATH', help='the Python that has your packages, as in .venv/bin/python'
    )
    parser.add_argument(
        '--management',
        metavar='URL',
        help='RabbitMQ’s management API, if it is not on port 15672 of the broker’s host',
    )
    parser.add_argument('--json', action='store_true', help='print JSON')
    return parser.parse_args(arguments)


def _refuse(sentence: str) -> int:
    print(f'doctor: {sentence}', file=sys.stderr)
    return USAGE_ERROR
