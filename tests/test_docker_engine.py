"""ci/docker-engine where it has nothing to bring up, or may not."""

import os
import subprocess
from pathlib import Path

import pytest

from playground.virtual_environment import REPOSITORY

PROGRAM = REPOSITORY / 'ci' / 'docker-engine'
SECONDS = 20.0

ANSWERS = """#!/bin/sh
case "$*" in
    'compose version --short') echo 2.40.3 ;;
    version*) echo 28.2.2 ;;
esac
"""
DOES_NOT_ANSWER = """#!/bin/sh
exit 1
"""


def engine(tmp_path: Path, docker: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ci/docker-engine with another program as docker, and a folder of its own."""
    program = tmp_path / 'docker'
    program.write_text(docker)
    program.chmod(0o755)
    return subprocess.run(
        [PROGRAM, *arguments],
        env={
            'PATH': f'{tmp_path}:{os.defpath}',
            'NOTES_ENGINE_FOLDER': str(tmp_path / 'engine'),
        },
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )


def test_an_engine_that_answers_is_used_as_it_is(tmp_path: Path) -> None:
    ended = engine(tmp_path, ANSWERS, 'start')
    assert (ended.returncode, ended.stdout) == (0, '')
    assert ended.stderr == 'ci/docker-engine: Docker Engine 28.2.2, Compose 2.40.3\n'
    assert not (tmp_path / 'engine').exists()


@pytest.mark.parametrize('arguments', [(), ('restart',)])
def test_it_has_two_commands(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ended = engine(tmp_path, ANSWERS, *arguments)
    assert ended.returncode == 2
    assert ended.stderr.startswith('ci/docker-engine: use it as: eval')


def test_without_debian_there_is_nothing_to_make_one_of(tmp_path: Path) -> None:
    for name in ('bash', 'id', 'dirname', 'cat', 'grep'):
        (tmp_path / name).symlink_to(Path('/usr/bin') / name)
    program = tmp_path / 'docker'
    program.write_text(DOES_NOT_ANSWER)
    program.chmod(0o755)
    ended = subprocess.run(
        [PROGRAM, 'start'],
        env={'PATH': str(tmp_path), 'NOTES_ENGINE_FOLDER': str(tmp_path / 'engine')},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith('ci/docker-engine: no Docker Engine answers, and only root on')


def test_stop_leaves_an_engine_alone_that_it_did_not_start(tmp_path: Path) -> None:
    folder = tmp_path / 'engine'
    folder.mkdir()
    # The number of a process that lives, and is no engine of this folder.
    (folder / 'docker.pid').write_text(str(os.getpid()))
    ended = engine(tmp_path, ANSWERS, 'stop')
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, '', '')
    assert not folder.exists()
