"""pools.py without a broker."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from celery import Celery

from examples import pools

SECONDS = 30.0

# In a process of its own, for it forks. Nobody calls the pool's _maintain_pool here.
SHRINK_TWICE = """
import os
from billiard.pool import Pool
pool = Pool(4, threads=False)
processes = list(pool._pool)
for _ in range(2):
    pool.shrink()
    processes[0].join(10)
print([process.is_alive() for process in processes], pool._processes, flush=True)
for process in processes:
    process.terminate()
os._exit(0)  # the pool itself would wait for the process that is missing
"""


@pytest.fixture(autouse=True)
def _eager(run_eagerly: Callable[[Celery], None]) -> None:
    run_eagerly(pools.app)


def test_pause_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr('examples.pools.time.sleep', pauses.append)
    assert pools.pause.delay(0.4).get() == os.getpid()
    assert pauses == [0.4]


def test_add_up_names_its_process() -> None:
    assert pools.add_up.delay(1000).get() == os.getpid()


def test_keep_keeps_its_megabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[bytes] = []
    monkeypatch.setattr(pools, 'kept', kept)
    for megabytes in (1, 2):
        assert pools.keep.delay(megabytes).get() == os.getpid()
    assert [len(block) for block in kept] == [1024 * 1024, 2 * 1024 * 1024]


def test_measure_runs_a_task_so_many_times(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr('examples.pools.time.sleep', pauses.append)
    seconds, processes = pools.measure('prefork', pools.pause.s(0.1), 8)
    assert pauses == [0.1] * 8
    assert processes == {os.getpid()}
    assert seconds > 0


def test_a_shrink_picks_a_process_again_whose_end_nobody_has_noticed() -> None:
    done = subprocess.run(
        [sys.executable, '-c', SHRINK_TWICE], capture_output=True, text=True, timeout=SECONDS
    )
    assert done.stdout == '[False, True, True, True] 2\n', done.stderr
