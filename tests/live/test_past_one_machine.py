"""What workers of several machines learn from each other and share: production.md, chapter 10."""

import json
import uuid
from collections.abc import Callable
from pathlib import Path

from celery import Celery

from playground.terminal import Terminal
from playground.waiting import wait_until
from tests.live.conftest import StartWorker

SECONDS = 60.0
TASKS = 400


def test_two_workers_do_not_tear_each_others_lines(
    open_terminal: Callable[[str], Terminal], caller: Celery, tmp_path: Path
) -> None:
    log = tmp_path / 'both.log'
    workers = [
        open_terminal(
            f"celery -A examples.json_logs worker -l info -c 2 -n {name}@%h --logfile='{log}'"
        )
        for name in ('one', 'other')
    ]
    assert wait_until(lambda: log.exists() and log.read_text().count(' ready.') == 2, SECONDS)
    # Without numbers the task fails, and its line holds a traceback of two kilobytes.
    for _ in range(TASKS):
        caller.send_task('examples.json_logs.mean', ([],), queue='json_logs')
    ended = 'raised unexpected: ZeroDivisionError'
    assert wait_until(lambda: log.read_text().count(ended) == TASKS, SECONDS)
    for worker in workers:
        worker.stop()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert sum(ended in line['message'] for line in lines) == TASKS
    # Both have taken their part, and nothing in a line says whose it is.
    assert {key for line in lines for key in line} == {
        *('time', 'level', 'logger', 'task_id', 'message', 'exception')
    }


def test_a_worker_without_mingle_does_not_know_what_was_revoked(
    start_worker: StartWorker, caller: Celery
) -> None:
    first = start_worker('vege', '-P solo')
    identifier = str(uuid.uuid4())
    caller.control.revoke(identifier)
    first.wait_for(f'Tasks flagged as revoked: {identifier}', SECONDS)
    start_worker('vege', '-P solo')
    start_worker('vege', '-P solo --without-mingle')

    def revoked() -> list[list[str]]:
        answers = caller.control.inspect(timeout=SECONDS, limit=3).revoked() or {}
        return sorted(answers.values())

    assert wait_until(lambda: len(revoked()) == 3, SECONDS)
    assert revoked() == [[], [identifier], [identifier]]


def test_a_pid_file_of_another_machine_is_removed(
    open_terminal: Callable[[str], Terminal], tmp_path: Path
) -> None:
    pidfile = tmp_path / 'worker.pid'
    # No process of this machine has so large a number.
    pidfile.write_text('99999999\n')
    worker = open_terminal(f"celery -A vege worker -l info -P solo --pidfile='{pidfile}'")
    worker.wait_for(' ready.', SECONDS)
    assert 'Stale pidfile exists - Removing it.' in worker.output
    assert pidfile.read_text() != '99999999\n'
