"""What production.md, chapter 4, says of asyncio in a worker, and its blocks do not show."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery

from playground.services.running import Services
from playground.virtual_environment import REPOSITORY
from playground.waiting import wait_until
from tests.fresh_services import fresh
from tests.live.conftest import StartModule, StartWorker
from tests.page_tables import table

SECONDS = 30.0
COLUMNS = (
    *('-P', 'async def', 'with ignore_result', 'asyncio.run in two tasks at once'),
    'two tasks in one shared loop',
)

WAYS = """
import asyncio
from celery import Celery
from celery.signals import worker_process_init
app = Celery('ways')
app.conf.task_default_queue = 'ways'

@worker_process_init.connect
def begin(**_):
    open('signalled', 'w').close()

async def pause(seconds):
    await asyncio.sleep(seconds)
    return seconds

@app.task(name='ways.coroutine')
async def coroutine(seconds):
    return await pause(seconds)

@app.task(name='ways.silent', ignore_result=True)
async def silent(path):
    open(path, 'w').close()

@app.task(name='ways.run')
def run(seconds):
    return asyncio.run(pause(seconds))
"""

# The shared loop of the page, begun before the fork.
EARLY = """
from examples.event_loops import app, start_loop
start_loop()
app.conf.task_time_limit = 3
"""

CANCELLED = """
import asyncio
from pathlib import Path
from examples.event_loops import app, run

async def wait(path):
    try:
        await asyncio.sleep(600)
    finally:
        Path(path).touch()

@app.task(name='cancelled.wait', soft_time_limit=1)
def wait_in_loop(path):
    run(wait(path))
"""


@pytest.fixture
def running(embedded: Services) -> Iterator[Services]:
    """The broker plays no part here."""
    with fresh(embedded) as running:
        yield running


@pytest.mark.parametrize('row', table(*COLUMNS), ids=lambda row: row[0])
def test_what_a_pool_makes_of_coroutines(
    start_module: StartModule,
    start_worker: StartWorker,
    caller: Celery,
    tmp_path: Path,
    row: list[str],
) -> None:
    pool, awaited, ignored, run, shared = row
    worker = start_module('ways', WAYS, f'-P {pool} -c 2')
    result = caller.send_task('ways.coroutine', (0.1,), queue='ways')
    answer = result.get(timeout=SECONDS, propagate=False)
    assert 'Object of type coroutine is not JSON serializable' in repr(answer)
    assert (result.state, awaited) == ('FAILURE', 'fails with EncodeError')

    marker = tmp_path / 'ran'
    silent = caller.send_task('ways.silent', (str(marker),), queue='ways')
    worker.wait_for(f'ways.silent[{silent.id}] succeeded', SECONDS)

    begin = time.monotonic()
    both = [caller.send_task('ways.run', (1,), queue='ways') for _ in range(2)]
    answers = [result.get(timeout=SECONDS, propagate=False) for result in both]
    seconds = time.monotonic() - begin
    assert (not marker.exists(), ignored) == (True, 'succeeds, and nothing ran')
    if run == 'the second fails':
        [failure] = [repr(answer) for answer in answers if answer != 1]
        assert 'asyncio.run() cannot be called from a running event loop' in failure
    else:
        assert answers == [1, 1]
        assert (seconds < 2) == (run == 'both run')
    assert (tmp_path / 'signalled').exists() == (pool in ('prefork', 'solo'))
    worker.kill()

    start_worker('examples.event_loops', f'-P {pool} -c 2')
    begin = time.monotonic()
    both = [
        caller.send_task('examples.event_loops.ask_in_shared_loop', queue='event_loops')
        for _ in range(2)
    ]
    assert [result.get(timeout=SECONDS) for result in both] == [True, True]
    assert (time.monotonic() - begin < 2) == (shared == 'both run')


def test_every_second_call_finds_the_client_of_a_closed_loop(
    start_worker: StartWorker, caller: Celery
) -> None:
    start_worker('examples.event_loops', '-c 1')
    name = 'examples.event_loops.ask_in_new_loop'
    answers = [
        repr(caller.send_task(name, queue='event_loops').get(timeout=SECONDS, propagate=False))
        for _ in range(4)
    ]
    closed = "RuntimeError('Event loop is closed')"
    assert answers == ['True', closed, 'True', closed]


def test_a_loop_does_not_survive_a_fork(start_module: StartModule, caller: Celery) -> None:
    start_module('early', EARLY, '-c 1', PYTHONPATH=str(REPOSITORY))
    result = caller.send_task('examples.event_loops.ask_in_shared_loop', queue='event_loops')
    assert 'TimeLimitExceeded' in repr(result.get(timeout=SECONDS, propagate=False))


def test_a_time_limit_cancels_what_waits_in_the_loop(
    start_module: StartModule, caller: Celery, tmp_path: Path
) -> None:
    start_module('cancelled', CANCELLED, '-c 1', PYTHONPATH=str(REPOSITORY))
    marker = tmp_path / 'cancelled'
    result = caller.send_task('cancelled.wait', (str(marker),), queue='event_loops')
    assert 'SoftTimeLimitExceeded' in repr(result.get(timeout=SECONDS, propagate=False))
    assert wait_until(marker.exists, SECONDS)
