"""Gives a test a repository of its own, so that what it leaves lying about is seen and goes."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from playground.virtual_environment import ENVIRONMENT, REPOSITORY

NOT_COPIED = shutil.ignore_patterns(
    *('.git', '.venv', '.playground', '.env', 'build', '__pycache__', '.*_cache', 'db.sqlite3*')
)


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


def with_celery_of(copy: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Have commands find a ``celery`` whose path has no space, even if this repository's has one.

    ``celery multi`` splits the path of its Python at spaces: README.md, chapter 11, says so.

    Args:
        copy: a folder whose path has no space, for a link to the packages and for the program.
        environment: the environment of the commands.

    Returns:
        The environment with another PATH.
    """
    if ' ' not in str(ENVIRONMENT):
        return dict(environment)
    link, programs = copy / 'packages', copy / 'programs'
    link.symlink_to(ENVIRONMENT)
    programs.mkdir()
    celery = programs / 'celery'
    celery.write_text(f'#!{link}/bin/python\nfrom celery.__main__ import main\nmain()\n')
    celery.chmod(0o755)
    return {**environment, 'PATH': f'{programs}:{link}/bin:{environment["PATH"]}'}


def files_of(folder: Path) -> set[Path]:
    """List a copy's files, caches of Python and of pytest left out."""
    found = {path.relative_to(folder) for path in folder.rglob('*') if not path.is_dir()}
    return {
        path for path in found if not {'.venv', '__pycache__', '.pytest_cache'} & set(path.parts)
    }
