"""Has a server that refuses to run as root run as its package's own user."""

import os
import pwd
import shutil
from pathlib import Path
from typing import Any

from playground.errors import PlaygroundError


def owned_by(user: str, session_folder: Path, folder: Path) -> dict[str, Any]:
    """Give a server's folder to its user, where we are root.

    Args:
        user: the user and the group of the server's package.
        session_folder: what the user has to pass through.
        folder: the server's own, with what is in it so far.

    Returns:
        What ``subprocess.Popen`` takes to run a program as that user; nothing if we are not root.

    Raises:
        PlaygroundError: there is no such user.
    """
    if os.geteuid() != 0:
        return {}
    try:
        pwd.getpwnam(user)
    except KeyError:
        raise PlaygroundError(
            f'the server does not run as root, and there is no user {user}, as its package makes'
            ' one: run this as another user than root'
        ) from None
    session_folder.chmod(0o711)
    for path in (folder, *folder.iterdir()):
        shutil.chown(path, user, user)
    return {'user': user, 'group': user, 'extra_groups': []}
