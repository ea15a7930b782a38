"""What must be so before a command begins, checked before anything is installed or started."""

import os
import resource
import shutil
import sys
from pathlib import Path

from playground.errors import PlaygroundError
from playground.virtual_environment import PACKAGES, REPOSITORY

# A worker with four processes stops without a word where it may open 64.
LEAST_OPEN_FILES = 100


def check() -> None:
    """Refuse what would only fail later, and then less clearly.

    Raises:
        PlaygroundError: bash is missing, too few files may be open, or a file hides a module.
    """
    if shutil.which('bash') is None:
        raise PlaygroundError(
            'there is no bash on PATH, and the commands of the notes are lines for it:'
            ' install it, or add its folder to PATH, then run this again'
        )
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files < LEAST_OPEN_FILES:
        raise PlaygroundError(
            f'a program may open only {files} files here, and a worker needs more:'
            ' raise the limit, as with: ulimit -n 1024'
        )
    for path in sorted(REPOSITORY.glob('*.py')):
        modules = (PACKAGES / path.stem, PACKAGES / path.name)
        if path.stem in sys.stdlib_module_names or any(map(Path.exists, modules)):
            raise PlaygroundError(
                f'{path.name} hides the module {path.stem} of Python or of a package from every'
                ' program in this folder: give your file another name, then run this again'
            )


def open_standard_streams() -> None:
    """Open what the caller has closed of standard input, output and error, onto nothing.

    Otherwise the next file that is opened, such as a log, takes the place of one of them.
    """
    for name, mode in (('stdin', 'r'), ('stdout', 'w'), ('stderr', 'w')):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(descriptor, True)
            setattr(sys, name, os.fdopen(descriptor, mode))
