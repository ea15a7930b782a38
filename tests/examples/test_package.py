"""Nobody's package of the same name comes before examples/."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from playground.virtual_environment import REPOSITORY

SECONDS = 30.0


@pytest.mark.parametrize(
    ('arguments', 'printed'),
    [
        (['-m', 'celery', '-A', 'examples.slow', 'report'], "task_default_queue: 'slow'"),
        (['-m', 'examples.spread'], 'spread: 600 tasks'),
        (['-c', 'from examples.slow import wait; print(wait.name)'], 'examples.slow.wait'),
    ],
    ids=['celery', 'script', 'import'],
)
def test_another_package_on_the_path_comes_later(
    tmp_path: Path, arguments: list[str], printed: str
) -> None:
    (tmp_path / 'examples').mkdir()
    (tmp_path / 'examples' / '__init__.py').touch()
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=REPOSITORY,
        env={**os.environ, 'PYTHONPATH': str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert printed in done.stdout, done.stderr
