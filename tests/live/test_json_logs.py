"""json_logs.py with a real worker."""

import json

import pytest
from celery import Celery

from tests.live.conftest import StartWorker

SECONDS = 20.0


def test_every_line_of_the_log_is_json(start_worker: StartWorker, caller: Celery) -> None:
    worker = start_worker('examples.json_logs')
    good = caller.send_task('examples.json_logs.mean', ([3, 4, 8],), queue='json_logs')
    bad = caller.send_task('examples.json_logs.mean', ([],), queue='json_logs')
    assert good.get(timeout=SECONDS) == 5
    with pytest.raises(ZeroDivisionError):
        bad.get(timeout=SECONDS)
    worker.wait_for('raised unexpected', SECONDS)
    worker.wait_for('succeeded in', SECONDS)
    log = worker.output[worker.output.index('\n{"time"') :].splitlines()
    lines = [json.loads(line) for line in log if line]
    own = {
        line['task_id']: line['message'] for line in lines if line['logger'] == 'examples.json_logs'
    }
    assert own == {good.id: '3 numbers', bad.id: '0 numbers'}
    errors = [line for line in lines if line['level'] == 'ERROR']
    assert [line['task_id'] for line in errors] == [bad.id]
    assert errors[0]['exception'].endswith('ZeroDivisionError: division by zero')
