"""vege2.py with real workers: queues, and beat in a worker."""

import shlex
from pathlib import Path

from celery import Celery

from tests.live.conftest import StartWorker

RESULT_SECONDS = 20.0
TICK_SECONDS = 25.0


def test_each_queue_has_its_worker(start_worker: StartWorker, caller: Celery) -> None:
    first, second = start_worker('vege2', '-Q queue1'), start_worker('vege2', '-Q queue2')
    hello = caller.send_task('vege2.hello', ('there',), queue='queue1')
    add = caller.send_task('vege2.add', (5, 5), queue='queue2')
    assert hello.get(timeout=RESULT_SECONDS) == 'hello there'
    assert add.get(timeout=RESULT_SECONDS) == 10
    first.wait_for(f'Task vege2.hello[{hello.id}] succeeded', RESULT_SECONDS)
    second.wait_for(f'Task vege2.add[{add.id}] succeeded', RESULT_SECONDS)
    assert add.id not in first.output
    assert hello.id not in second.output


def test_beat_in_a_worker_delivers(start_worker: StartWorker, tmp_path: Path) -> None:
    record = shlex.quote(str(tmp_path / 'beat-record'))
    worker = start_worker('vege2', f'-Q queue1,queue2 -B -s {record}')
    sent = 'Scheduler: Sending due task hello-every-10-seconds (vege2.hello)'
    worker.wait_for(sent, TICK_SECONDS)
    worker.wait_for("'hello there'", RESULT_SECONDS)
