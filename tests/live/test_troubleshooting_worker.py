"""What a worker says of a mistake, and that the cure has none: troubleshooting.md."""

import itertools
import time
from collections.abc import Iterator

import pytest
from celery import chord
from celery.events.state import State
from celery.exceptions import TimeoutError
from celery.result import AsyncResult

from playground.services.running import Services
from playground.session import Session
from playground.terminal import Terminal, reader_environment
from tests.live.conftest import terminals
from tests.live.troubled import app, done, fails, has_no_memory

SECONDS = 60.0
# Time enough for an answer that does not come.
MOMENT = 0.5
NUMBERS = itertools.count(1)

# A task, what the log says, and the task without the mistake.
MISTAKES = {
    'unbound': ("TypeError: unbound() missing 1 required positional argument: 'self'", 'bound'),
    'returns_a_set': (
        'kombu.exceptions.EncodeError: Object of type set is not JSON serializable',
        'done',
    ),
    'coroutine': (
        'kombu.exceptions.EncodeError: Object of type coroutine is not JSON serializable',
        'runs_a_coroutine',
    ),
    'waits': ('RuntimeError: Never call result.get() within a task!', 'hands_on'),
    'has_children': (
        'AssertionError: daemonic processes are not allowed to have children',
        'runs_a_program',
    ),
    'gives_up': ("celery.exceptions.MaxRetriesExceededError: Can't retry ", 'tries_again'),
    'raises_a_lock': (
        'celery.utils.serialization.UnpickleableExceptionWrapper: ',
        'raises_words',
    ),
    'killed': (
        'billiard.exceptions.WorkerLostError: Worker exited prematurely: signal 9 (SIGKILL) Job: ',
        'done',
    ),
    'crashes': (
        'billiard.exceptions.WorkerLostError: Worker exited prematurely: signal 11 (SIGSEGV) Job: ',
        'done',
    ),
    'exits': (
        'billiard.exceptions.WorkerLostError: Worker exited prematurely: exitcode 1.',
        'raises_words',
    ),
    'ignores_the_time': ('Hard time limit (1s) exceeded for ', 'done'),
    'hears_of_the_time': (
        'billiard.exceptions.SoftTimeLimitExceeded: SoftTimeLimitExceeded()',
        'done',
    ),
}

UNREGISTERED = "Received unregistered task of type 'shop.pack'."
INVALID = 'Received invalid task message: '
PICKLED = (
    'Refusing to deserialize untrusted content of type pickle (application/x-python-serialize)'
)
UNKNOWN = 'Received and deleted unknown message.  Wrong destination?!?'
EXPIRED = 'Discarding revoked task: '
# Python 3.14 says more behind it.
LINKED = """AttributeError("'str' object has no attribute '_app'"""
CHORD = 'celery.exceptions.ChordError: Dependency '
DRIFT = ' may mean clocks are out of sync.  Current drift is 100 seconds.'
MEMORY = "Unrecoverable error: MemoryError('Process got: ')"


@pytest.fixture
def worker(chosen: Services, session: Session) -> Iterator[Terminal]:
    app.conf.update(broker_url=chosen.broker_url, result_backend=chosen.result_backend)
    command = (
        'celery -A tests.live.troubled worker -l info -c 4 --without-mingle'
        f' -n troubled-{next(NUMBERS)}@localhost'
    )
    with terminals(session) as start:
        worker = start(command, reader_environment(chosen))
        worker.wait_for(' ready.', SECONDS)
        yield worker
    app.close()


def ended(result: AsyncResult) -> str:
    """Wait for a task, and tell what it returned, or which exception it raised."""
    answer = result.get(timeout=SECONDS, propagate=False)
    return type(answer).__name__ if isinstance(answer, Exception) else str(answer)


def send(name: str) -> AsyncResult:
    return app.send_task(f'tests.live.troubled.{name}')


def test_what_a_worker_says(worker: Terminal) -> None:
    for mistake, (message, cure) in MISTAKES.items():
        assert ended(send(mistake)) != 'done'
        worker.wait_for(message, SECONDS)
        assert ended(send(cure)) in ('done', 'LockedError')

    assert ended(app.send_task('shop.pack')) == 'NotRegistered'
    worker.wait_for(UNREGISTERED, SECONDS)

    with pytest.raises(TimeoutError):
        done.apply_async(serializer='pickle').get(timeout=MOMENT)
    worker.wait_for(INVALID, SECONDS)
    worker.wait_for(PICKLED, SECONDS)

    with app.connection_for_write() as connection:
        connection.Producer().publish({'not': 'a task'}, routing_key='troubled')
    worker.wait_for(UNKNOWN, SECONDS)

    assert ended(done.apply_async(expires=-1)) == 'TaskRevokedError'
    worker.wait_for(EXPIRED, SECONDS)
    assert ended(done.apply_async(expires=SECONDS)) == 'done'

    assert ended(done.apply_async(link='tests.live.troubled.done')) == 'AttributeError'
    worker.wait_for(LINKED, SECONDS)
    assert ended(done.apply_async(link=done.si())) == 'done'

    assert ended(chord([fails.s(), done.s()])(done.s())) == 'ChordError'
    worker.wait_for(CHORD, SECONDS)
    assert " raised ValueError('no')" in worker.output
    assert ended(chord([done.s(), done.s()])(done.s())) == 'done'

    running = send('hears_of_the_time')
    worker.wait_for(f'[{running.id}] received', SECONDS)
    has_no_memory.delay()
    worker.wait_for(MEMORY, SECONDS)
    assert ended(running) == 'SoftTimeLimitExceeded'
    assert worker.wait(SECONDS) == 1


def test_a_clock_that_is_wrong(caplog: pytest.LogCaptureFixture) -> None:
    """As a worker hears it of another one."""
    now = time.time()
    state = State()
    for late in 0, 100:
        heartbeat = {'hostname': f'w{late}@h', 'clock': 1, 'local_received': now}
        state.event({'type': 'worker-heartbeat', 'timestamp': now - late, **heartbeat})
    assert [record.getMessage().split('  [')[0] for record in caplog.records] == [
        f'Substantial drift from w100@h{DRIFT}'
    ]
