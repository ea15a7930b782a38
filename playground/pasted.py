"""The files that a reader's further terminals read, by a line that the reader pastes there."""

import os
from collections.abc import Sequence
from pathlib import Path

from playground.errors import PlaygroundError
from playground.session import Session
from playground.virtual_environment import REPOSITORY

FOLDER = REPOSITORY / '.playground'


def make_folder(command: str) -> None:
    """Make the folder of these files, before anything is started.

    Args:
        command: who asks, as in ``make play``.

    Raises:
        PlaygroundError: it cannot be made or written.
    """
    try:
        FOLDER.mkdir(exist_ok=True)
    except FileExistsError:
        raise PlaygroundError(
            f'{_from_here(FOLDER)} is a file, and {command} needs a folder of that name:'
            ' remove or rename it, then run this again'
        ) from None
    if not os.access(FOLDER, os.W_OK):
        raise PlaygroundError(
            f'{FOLDER} cannot be written, and {command} tells other terminals there where the'
            ' services are: clone the notes into a folder of your own, then run this again'
        )


def write(session: Session, name: str, command: str, lines: Sequence[str]) -> str:
    """Write a file, which goes with the session.

    Args:
        session: owns it.
        name: of the file.
        command: who makes it, as in ``make play``; there can be only one at a time.
        lines: for a shell.

    Returns:
        The line to paste.

    Raises:
        PlaygroundError: the file is there already.
    """
    path = FOLDER / name
    try:
        with path.open('x') as file:
            session.owns(path)
            file.write('\n'.join([f'# Made by {command}, and gone when it ends.', *lines, '']))
    except FileExistsError:
        raise PlaygroundError(
            f'another {command} has {_from_here(path)}: end it with Ctrl-C;'
            ' if none runs, remove that file and run this again'
        ) from None
    return f'. {_from_here(path)}'


def _from_here(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))
