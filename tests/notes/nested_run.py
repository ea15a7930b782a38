"""Runs a page in a pytest of its own, in a copy of the repository."""

import re
import subprocess
import sys
from pathlib import Path

from playground.services.running import Services
from tests.repository_copy import copy_repository

SECONDS = 240.0
PATIENCE = 5.0

# In place of the fixture that would start the servers once more.
RUNNING = """

from pathlib import *
import pytest
from playground.services.running import Services

@pytest.fixture(scope='session')
def {services.backend}():
    return {services!r}
"""


class NestedRun:
    """A copy of the repository with one page more.

    Attributes:
        repository: the copy.
        output: what pytest printed.
    """

    def __init__(self, folder: Path) -> None:
        """Copy the repository.

        Args:
            folder: where to.
        """
        self.repository = copy_repository(folder / 'celery notes')
        self.output = ''

    def run(self, page: str, running: Services | None = None) -> dict[int, str]:
        """Run a page.

        Args:
            page: its text.
            running: the back-end that its commands reach; without one, a Valkey of its own.

        Returns:
            What the runner says of which line.
        """
        (self.repository / 'page.md').write_text(page)
        if running:
            with (self.repository / 'conftest.py').open('a') as conftest:
                conftest.write(RUNNING.format(services=running))
        backend = running.backend if running else 'embedded'
        done = subprocess.run(
            [
                *(sys.executable, '-m', 'pytest', 'page.md'),
                *('--backend', backend, '--patience', str(PATIENCE)),
            ],
            cwd=self.repository,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        self.output = done.stdout + done.stderr
        said = re.sub(r'(?m)^SKIPPED.*\n', '', self.output)
        complaints = re.findall(r'page\.md:(\d+): (?!SybilFailure)(.*)', said)
        return {int(line): complaint for line, complaint in complaints}
