"""vege4.py with a real worker: what does not run when a task fails, and who counts a chord."""

from collections.abc import Callable
from pathlib import Path

import pytest
from celery import Celery, Signature, chain, chord, group
from celery.exceptions import ChordError, TimeoutError
from celery.result import AsyncResult

from playground.services.running import Services
from playground.waiting import wait_until
from tests.live.conftest import StartModule, StartWorker

RESULT_SECONDS = 20.0

MakeSignature = Callable[..., Signature]


@pytest.fixture
def call(caller: Celery) -> MakeSignature:
    """A signature of a task of vege4.py, by name."""
    caller.conf.task_default_queue = 'vege4'
    return lambda task, *arguments: caller.signature(f'vege4.{task}', arguments)


def test_the_body_of_a_failed_chord_does_not_run(
    start_worker: StartWorker, call: MakeSignature
) -> None:
    worker = start_worker('vege4', '-c 2')
    body = call('total').on_error(call('log_failure'))
    result = chord([call('add', 1, 1), call('add', 1, 'a')], body).delay()
    with pytest.raises(ChordError, match='raised TypeError'):
        result.get(timeout=RESULT_SECONDS, follow_parents=False)
    worker.wait_for(f'vege4.total[{result.id}] failed: ChordError', RESULT_SECONDS)
    assert 'Task vege4.total[' not in worker.output


def test_a_failed_task_ends_its_chain(start_worker: StartWorker, call: MakeSignature) -> None:
    worker = start_worker('vege4')
    result = chain(call('add', 1, 'a').on_error(call('log_failure')), call('mul', 2)).delay()
    with pytest.raises(TypeError, match='unsupported operand'):
        result.get(timeout=RESULT_SECONDS)
    worker.wait_for(f'vege4.add[{result.parent.id}] failed: TypeError', RESULT_SECONDS)
    assert 'Task vege4.mul[' not in worker.output


def test_a_group_behind_a_failed_task_never_ends(
    start_worker: StartWorker, call: MakeSignature
) -> None:
    start_worker('vege4', '-c 2')
    pair = group(call('add', 1), call('add', 2))
    as_a_chord = (call('add', 1, 'a') | pair | call('total')).delay()
    with pytest.raises(TypeError, match='unsupported operand'):
        as_a_chord.get(timeout=RESULT_SECONDS)
    at_the_end = (call('add', 1, 'a') | pair).delay()
    with pytest.raises(TypeError, match='unsupported operand'):
        at_the_end.parent.get(timeout=RESULT_SECONDS)
    with pytest.raises(TimeoutError):
        at_the_end.get(timeout=1)
    assert {result.state for result in at_the_end} == {'PENDING'}


CHORDS = """
from celery import Celery
app = Celery('chords')
@app.task
def add(x, y):
    return x + y
@app.task(ignore_result=True)
def forget(x, y):
    return x + y
@app.task
def total(numbers):
    return len(numbers)
"""


@pytest.mark.parametrize('counts', [True, False])
def test_a_chord_is_counted_on_redis_and_asked_for_elsewhere(
    start_module: StartModule, running: Services, tmp_path: Path, counts: bool
) -> None:
    results = tmp_path / 'results'
    results.mkdir()
    backend = running.result_backend if counts else results.as_uri()
    worker = start_module('chords', CHORDS, '-c 1', CELERY_RESULT_BACKEND=backend)
    with Celery('c', broker=running.broker_url, backend=backend, set_as_current=False) as app:

        def of(task: str) -> AsyncResult:
            header = [app.signature(f'chords.{task}', (n, n)) for n in range(2)]
            return chord(header, app.signature('chords.total', app=app), app=app).delay()

        assert of('add').get(timeout=RESULT_SECONDS) == 2
        assert ('celery.chord_unlock' in worker.output) is not counts
        forgetful = of('forget')
        if counts:
            assert forgetful.get(timeout=RESULT_SECONDS) == 2
        else:
            asked = 'Task celery.chord_unlock['
            before = worker.output.count(asked)
            assert wait_until(lambda: worker.output.count(asked) > before + 3, RESULT_SECONDS)
            assert not forgetful.ready()
