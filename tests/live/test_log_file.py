"""Two workers that write into one log file: advance.md, chapter 10."""

import json
from collections.abc import Callable
from pathlib import Path

from celery import Celery

from playground.terminal import Terminal
from playground.waiting import wait_until

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
