"""vege4.py with a real worker: what does not run when a task fails."""

from collections.abc import Callable

import pytest
from celery import Celery, Signature, chain, chord
from celery.exceptions import ChordError

from tests.live.conftest import StartWorker

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
