"""The virtual environments of the programs: that of the notes, and two that only the lab needs."""

from pathlib import Path

from lab.throughput.contenders import COMPILED, NOTES, PEERS
from playground import virtual_environment
from playground.virtual_environment import REPOSITORY, VirtualEnvironment

FOLDER = Path(__file__).parent.resolve()
REQUIREMENTS = {
    name: f'{FOLDER.relative_to(REPOSITORY)}/requirements-{name}.txt' for name in (PEERS, COMPILED)
}
ENVIRONMENTS = {
    NOTES: virtual_environment.NOTES,
    PEERS: VirtualEnvironment(
        '.venv-peers', FOLDER / '.venv-peers', 'import dramatiq, huey, rq, taskiq'
    ),
    # py-amqp is compiled only if it is told so.
    COMPILED: VirtualEnvironment(
        '.venv-compiled',
        FOLDER / '.venv-compiled',
        'import celery, hiredis',
        variables={'CELERY_ENABLE_SPEEDUPS': '1'},
    ),
}


def folder(name: str) -> Path:
    """Where an environment is.

    Args:
        name: one of the three of contenders.py.
    """
    return ENVIRONMENTS[name].folder


def make(name: str) -> None:
    """Make an environment of the lab, if it is not there.

    Args:
        name: one of the two that have requirements.

    Raises:
        PlaygroundError: a package cannot be had, or not be compiled.
    """
    ENVIRONMENTS[name].ensure(REQUIREMENTS[name])
