"""The virtual environments of the programs: that of the notes, and two that only the lab needs."""

import os
import subprocess
import sys
from pathlib import Path

from lab.throughput.contenders import COMPILED, NOTES, PEERS
from playground.errors import PlaygroundError
from playground.virtual_environment import ENVIRONMENT, REPOSITORY

FOLDER = Path(__file__).parent
REQUIREMENTS = {
    PEERS: FOLDER / 'requirements-peers.txt',
    COMPILED: FOLDER / 'requirements-compiled.txt',
}
SECONDS = 600.0


def folder(name: str) -> Path:
    """Where an environment is.

    Args:
        name: one of the three of contenders.py.
    """
    return ENVIRONMENT if name == NOTES else FOLDER / f'.venv-{name}'


def is_there(name: str) -> bool:
    """Tell whether an environment has all that it should have.

    Args:
        name: one of the three of contenders.py.
    """
    return name == NOTES or (_stamp(name).exists() and _stamp(name).read_text() == _wanted(name))


def make(name: str) -> None:
    """Make an environment, if it is not there.

    Args:
        name: one of the three of contenders.py.

    Raises:
        PlaygroundError: a package cannot be had, or not be compiled.
    """
    if is_there(name):
        return
    place = folder(name)
    print(f'Making {place.relative_to(REPOSITORY)}, once', flush=True)
    _run(sys.executable, '-m', 'venv', '--clear', str(place))
    pip = [str(place / 'bin' / 'python'), '-m', 'pip', 'install', '-q', '--no-input']
    _run(*pip, '--disable-pip-version-check', '-r', str(REQUIREMENTS[name]))
    _stamp(name).write_text(_wanted(name))


def _stamp(name: str) -> Path:
    return folder(name) / 'installed'


def _wanted(name: str) -> str:
    return f'{folder(name)}\n{sys.version}\n{REQUIREMENTS[name].read_text()}'


def _run(*command: str) -> None:
    # py-amqp is compiled only if it is told so.
    environment = {**os.environ, 'CELERY_ENABLE_SPEEDUPS': '1'}
    ended = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=SECONDS
    )
    if ended.returncode:
        lines = [line for line in ended.stderr.splitlines() if line.strip()]
        reason = lines[-1].strip() if lines else 'it said nothing'
        raise PlaygroundError(f'{" ".join(command[:4])} failed: {reason}')
