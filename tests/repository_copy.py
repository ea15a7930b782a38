"""Gives a test a repository of its own, so that what it leaves lying about is seen and goes."""

import shutil
from pathlib import Path

from playground.virtual_environment import ENVIRONMENT, REPOSITORY

NOT_COPIED = shutil.ignore_patterns('.git', '.venv', '.playground', '__pycache__', '.*_cache')


def copy_repository(target: Path) -> Path:
    """Copy the repository as a fresh clone has it, with this one's packages.

    Args:
        target: the folder to make.

    Returns:
        The folder.
    """
    shutil.copytree(REPOSITORY, target, ignore=NOT_COPIED)
    (target / '.venv').symlink_to(ENVIRONMENT)
    return target


def files_of(folder: Path) -> set[Path]:
    """List a copy's files, caches of Python left out."""
    found = {path.relative_to(folder) for path in folder.rglob('*') if not path.is_dir()}
    return {path for path in found if not {'.venv', '__pycache__'} & set(path.parts)}
