"""What ``inspect stats`` counts: README.md, chapter 9."""

from celery import Celery

from playground.waiting import wait_until
from tests.live.conftest import StartWorker
from tests.live.running_tasks import wait_until_they_run

SECONDS = 20.0
TASK = 'examples.slow.wait'


def test_total_counts_what_has_started(start_worker: StartWorker, caller: Celery) -> None:
    start_worker('examples.slow', '-c 1')
    long = caller.send_task(TASK, (60,), queue='slow')
    wait_until_they_run(caller, long)
    caller.send_task(TASK, (0,), queue='slow')
    inspect = caller.control.inspect(limit=1, timeout=SECONDS)
    assert wait_until(lambda: len(next(iter(inspect.reserved().values()))) == 1, SECONDS)
    [stats] = inspect.stats().values()
    assert stats['total'] == {TASK: 1}
