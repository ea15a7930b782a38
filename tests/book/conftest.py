"""The book, built once for all tests of a run."""

import fcntl
import os
import resource
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from book import build

PROCESSOR_SECONDS = 'processor-seconds'

# As GitHub's own machines name the repository.
GITHUB_NAME = 'reader/celery-notes'


@dataclass(frozen=True)
class Book:
    """A book that was built.

    Attributes:
        folder: its pages.
        archive: the ZIP.
        seconds: how much time of a processor it took.
    """

    folder: Path
    archive: Path
    seconds: float


@pytest.fixture(scope='session')
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """The first of a run's processes that needs it builds it, and the others wait for that."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if 'PYTEST_XDIST_WORKER' in os.environ else base) / 'book of the tests'
    shared.mkdir(exist_ok=True)
    seconds = shared / PROCESSOR_SECONDS
    with (shared / 'lock').open('w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not seconds.exists():
            shutil.rmtree(shared / build.NAME, ignore_errors=True)
            before = _of_children()
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv('GITHUB_REPOSITORY', GITHUB_NAME)
                build.build(shared)
            seconds.write_text(str(_of_children() - before))
    return Book(shared / build.NAME, shared / build.ARCHIVE, float(seconds.read_text()))


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
