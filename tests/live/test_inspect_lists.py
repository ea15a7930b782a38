"""What the lists of inspect show, and what they do not: README.md, chapter 9."""

from celery import Celery

from playground.waiting import wait_until
from tests.live.conftest import StartWorker
from tests.live.running_tasks import wait_until_they_run

SECONDS = 20.0
TASK = 'examples.slow.wait'


def test_no_list_has_a_task_that_waits_for_a_rate_limit(
    start_worker: StartWorker, caller: Celery
) -> None:
    worker = start_worker('examples.slow', '-c 1')
    [answer] = caller.control.rate_limit(TASK, '1/h', reply=True, timeout=SECONDS, limit=1)
    assert 'ok' in next(iter(answer.values()))
    first, *others = [caller.send_task(TASK, (0,), queue='slow') for _ in range(3)]
    for result in (first, *others):
        worker.wait_for(f'Task {TASK}[{result.id}] received', SECONDS)
    assert first.get(timeout=SECONDS) == 'waited 0 s'
    inspect = caller.control.inspect(limit=1, timeout=SECONDS)

    def waiting() -> set[str]:
        """The ids in active and reserved."""
        answers = (inspect.active(), inspect.reserved())
        return {task['id'] for answer in answers for task in next(iter(answer.values()))}

    # The worker reserves the next one, which its bucket lets through first; never the others.
    assert others[1].id not in waiting()
    [scheduled] = inspect.scheduled().values()
    assert others[1].id not in {item['request']['id'] for item in scheduled}
    [known] = inspect.query_task([others[1].id]).values()
    assert known == {}
    assert others[1].state == 'PENDING'


def test_total_counts_what_has_started(start_worker: StartWorker, caller: Celery) -> None:
    start_worker('examples.slow', '-c 1')
    long = caller.send_task(TASK, (60,), queue='slow')
    wait_until_they_run(caller, long)
    caller.send_task(TASK, (0,), queue='slow')
    inspect = caller.control.inspect(limit=1, timeout=SECONDS)
    assert wait_until(lambda: len(next(iter(inspect.reserved().values()))) == 1, SECONDS)
    [stats] = inspect.stats().values()
    assert stats['total'] == {TASK: 1}
