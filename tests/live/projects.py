"""A project of examples/ as a reader copies it: a folder of its own, packages of its own."""

import asyncio
import contextlib
import dataclasses
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from playground import ports
from playground.session import Session
from playground.terminal import Terminal
from playground.virtual_environment import REPOSITORY
from playground.waiting import wait_until
from tests.repository_copy import NOT_COPIED

INSTALL_SECONDS = 180.0
START_SECONDS = 60.0
REQUEST_SECONDS = 30.0

PROJECTS = sorted(path for path in (REPOSITORY / 'examples').glob('*_project') if path.is_dir())


@dataclass(frozen=True)
class Copy:
    """A project that was copied.

    Attributes:
        folder: where it is.
        environment: for its commands.
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
    project = copy_code(name, folder, environment)
    packages = folder / 'packages'
    subprocess.run([sys.executable, '-m', 'venv', packages], check=True, timeout=INSTALL_SECONDS)
    subprocess.run(
        [packages / 'bin' / 'pip', 'install', '-q', '-r', folder / 'requirements.txt'],
        check=True,
        timeout=INSTALL_SECONDS,
    )
    own = {
        **project.environment,
        'PATH': f'{packages / "bin"}{os.pathsep}{environment["PATH"]}',
        'VIRTUAL_ENV': str(packages),
    }
    return dataclasses.replace(project, environment=own)


def copy_code(name: str, folder: Path, environment: Mapping[str, str]) -> Copy:
    """Copy a project into an empty folder; its packages are those of the environment.

    Args:
        name: the project's folder in examples/.
        folder: made here.
        environment: of a reader's terminal.
    """
    shutil.copytree(REPOSITORY / 'examples' / name, folder, ignore=NOT_COPIED)
    return Copy(folder, dict(environment), commands(name))


@contextlib.contextmanager
def running(project: Copy, session: Session, port: int) -> Iterator[str]:
    """Run the worker and the web server as the project's README.md has a reader do.

    Args:
        project: its two last commands are these.
        session: owns the two terminals.
        port: in place of the README's, which a page uses at the same time.

    Yields:
        The address of the web server.
    """
    *_, worker, web = [
        re.sub(r'(--port |127\.0\.0\.1:)\d+', rf'\g<1>{port}', command)
        for command in project.commands
    ]
    terminals = []
    try:
        for what, command in ('worker', worker), ('web', web):
            name = f'{what}-{port}'
            terminals.append(Terminal(session, name, command, project.environment, project.folder))
        terminals[0].wait_for(' ready.', START_SECONDS)
        assert wait_until(lambda: ports.answers(port), START_SECONDS), terminals[1].last_words()
        yield f'http://{ports.LOOPBACK}:{port}'
    finally:
        for terminal in terminals:
            terminal.stop()


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
        All answers.
    """
    return asyncio.run(_send('POST', [url] * count, at_once, body))


def get(urls: Sequence[str], at_once: int) -> list[Answer]:
    """Send many GETs, some at a time.

    Args:
        urls: what to ask.
        at_once: how many at a time.

    Returns:
        An answer for each, in their order.
    """
    return asyncio.run(_send('GET', urls, at_once, {}))


async def _send(
    method: str, urls: Sequence[str], at_once: int, body: Mapping[str, object]
) -> list[Answer]:
    left = iter(enumerate(urls))
    answers: dict[int, Answer] = {}

    async def sender() -> None:
        # A client of its own: what shares the connections of one gets them late, and out of turn.
        async with httpx.AsyncClient(timeout=REQUEST_SECONDS, trust_env=False, verify=False) as one:
            for number, url in left:
                begin = time.monotonic()
                answer = await one.request(method, url, **body)  # type: ignore[arg-type]
                seconds = time.monotonic() - begin
                answers[number] = Answer(answer.status_code, answer.text, seconds)

    await asyncio.gather(*(sender() for _ in range(at_once)))
    return [answers[number] for number in range(len(urls))]
