"""A project of examples/ as a reader copies it: a folder of its own, packages of its own."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from playground.virtual_environment import REPOSITORY

INSTALL_SECONDS = 180.0
REQUEST_SECONDS = 30.0

PROJECTS = sorted(path for path in (REPOSITORY / 'examples').glob('*_project') if path.is_dir())


@dataclass(frozen=True)
class Copy:
    """A project that was copied.

    Attributes:
        folder: where it is.
        environment: for its commands; its packages are those of its requirements.txt.
        commands: those of its README.md, in order.
    """

    folder: Path
    environment: dict[str, str]
    commands: Sequence[str]


def copy(name: str, folder: Path, environment: Mapping[str, str]) -> Copy:
    """Copy a project into an empty folder, and install what its requirements.txt names.

    Args:
        name: the project's folder in examples/.
        folder: made here.
        environment: of a reader's terminal.

    Raises:
        subprocess.CalledProcessError: pip cannot install them.
    """
    shutil.copytree(
        REPOSITORY / 'examples' / name, folder, ignore=shutil.ignore_patterns('__pycache__')
    )
    packages = folder / 'packages'
    subprocess.run([sys.executable, '-m', 'venv', packages], check=True, timeout=INSTALL_SECONDS)
    subprocess.run(
        [packages / 'bin' / 'pip', 'install', '-q', '-r', folder / 'requirements.txt'],
        check=True,
        timeout=INSTALL_SECONDS,
    )
    own = {
        **environment,
        'PATH': f'{packages / "bin"}{os.pathsep}{environment["PATH"]}',
        'VIRTUAL_ENV': str(packages),
    }
    return Copy(folder, own, commands(name))


def commands(name: str) -> Sequence[str]:
    """What the project's README.md has a reader type, without the line of pip."""
    text = (REPOSITORY / 'examples' / name / 'README.md').read_text()
    typed = [
        line for block in re.findall(r'```bash\n(.*?)```', text, re.S) for line in block.split('\n')
    ]
    return [line for line in typed if line and not line.startswith('pip install')]


@dataclass(frozen=True)
class Answer:
    """What one request got.

    Attributes:
        status: HTTP's.
        body: the answer.
        seconds: how long it took.
    """

    status: int
    body: str
    seconds: float


def post(url: str, count: int, at_once: int, **body: object) -> list[Answer]:
    """Send many POSTs, some at a time.

    Args:
        url: where to.
        count: how many.
        at_once: how many at a time.
        **body: ``json=`` or ``data=``, as httpx takes them.

    Returns:
        All answers, in the order in which they came.
    """
    return asyncio.run(_post(url, count, at_once, body))


async def _post(url: str, count: int, at_once: int, body: Mapping[str, object]) -> list[Answer]:
    numbers = iter(range(count))
    answers: list[Answer] = []
    limits = httpx.Limits(max_connections=at_once)
    async with httpx.AsyncClient(timeout=REQUEST_SECONDS, limits=limits, trust_env=False) as client:

        async def sender() -> None:
            for _ in numbers:
                begin = time.monotonic()
                answer = await client.request('POST', url, **body)  # type: ignore[arg-type]
                seconds = time.monotonic() - begin
                answers.append(Answer(answer.status_code, answer.text, seconds))

        await asyncio.gather(*(sender() for _ in range(at_once)))
    return answers
