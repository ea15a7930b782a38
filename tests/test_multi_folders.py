"""Where ``celery multi`` puts its files without options: README.md, chapter 11."""

import os
import traceback
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from celery.bin.multi import MultiTool

NOBODY = 65534
SECONDS = 20.0


def show(arguments: list[str], answer: Connection) -> None:
    """Run ``celery multi show`` as a user who is not root, and answer with its last line."""
    if os.geteuid() == 0:
        os.setuid(NOBODY)
    try:
        MultiTool().execute_from_commandline(['celery multi', 'show', 'w1', *arguments])
    except OSError as error:
        answer.send(traceback.format_exception_only(error)[-1].strip())
    else:
        answer.send('')


def answer_to(arguments: list[str]) -> str:
    context = get_context('fork')
    ours, theirs = context.Pipe()
    process = context.Process(target=show, args=(arguments, theirs))
    process.start()
    assert ours.poll(SECONDS)
    answer = str(ours.recv())
    process.join(SECONDS)
    return answer


@pytest.mark.skipif(Path('/var/run/celery').exists(), reason='/var/run/celery is there already')
def test_default_folders_are_for_root() -> None:
    assert answer_to([]) == "PermissionError: [Errno 13] Permission denied: '/var/run/celery'"


def test_own_folder_is_for_anybody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o777)
    monkeypatch.chdir(tmp_path)
    files = ['--pidfile=background/%n.pid', '--logfile=background/%n%I.log']
    assert answer_to(files) == ''
    assert (tmp_path / 'background').is_dir()
