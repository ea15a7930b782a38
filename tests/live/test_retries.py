"""retries.py with real workers: what its page says, and what no eager task shows."""

from datetime import datetime

import pytest
from celery import Celery
from celery.exceptions import TaskRevokedError, TimeLimitExceeded
from celery.result import AsyncResult

from playground.waiting import wait_until
from tests.live.conftest import StartModule, StartWorker
from tests.live.running_tasks import wait_until_they_run

SECONDS = 30.0
QUEUE = 'retries'
PREFETCHED_FOR_ONE_PROCESS = 4


def send(caller: Celery, name: str, *args: object, **options: object) -> AsyncResult:
    return caller.send_task(f'examples.retries.{name}', args, queue=QUEUE, **options)


def done_at(result: AsyncResult) -> datetime:
    result.get(timeout=SECONDS)
    date: datetime = result.date_done
    return date


def test_a_rate_limit_is_for_each_worker(start_worker: StartWorker, caller: Celery) -> None:
    for _ in range(2):
        start_worker('examples.retries', '-c 1 --prefetch-multiplier 1')
    answers = caller.control.rate_limit(
        'examples.retries.send_mail', '1/h', reply=True, timeout=SECONDS, limit=2
    )
    assert len(answers) == 2
    # A worker sends one and keeps one: so the other worker gets the third, if not the second.
    mails = [send(caller, 'send_mail', number) for number in range(3)]
    # One worker alone would need an hour for two mails.
    assert wait_until(lambda: [mail.ready() for mail in mails].count(True) == 2, SECONDS)


def test_rate_limited_tasks_hold_up_the_others(start_worker: StartWorker, caller: Celery) -> None:
    start_worker('examples.retries', '-c 1')
    mails = [send(caller, 'send_mail', number) for number in range(PREFETCHED_FOR_ONE_PROCESS + 2)]
    other = send(caller, 'work', 0)
    # The process had nothing to do, and yet the task came in only behind the mails.
    assert done_at(other) > done_at(mails[1])


TOO_LONG = """
import time
from celery import Celery
app = Celery('too_long')
@app.task(time_limit=1, acks_late=True, acks_on_timeout=ACKS)
def sleep():
    time.sleep(60)
"""


@pytest.mark.parametrize('acks', [True, False])
def test_a_hard_limit_ends_a_task_for_good_unless_its_message_is_kept(
    start_module: StartModule, caller: Celery, acks: bool
) -> None:
    worker = start_module('too_long', TOO_LONG.replace('ACKS', str(acks)), '-c 1')
    result = caller.send_task('too_long.sleep')
    with pytest.raises(TimeLimitExceeded):
        result.get(timeout=SECONDS)
    runs = 'Hard time limit (1s) exceeded'
    assert wait_until(lambda: worker.output.count(runs) > 2, 5.0 if acks else SECONDS) is not acks
    assert (worker.output.count(runs) == 1) is acks
    worker.kill()
    caller.control.purge()


LAST_WORDS = """
import time
from celery import Celery
app = Celery('last_words')
@app.task
def wait():
    try:
        time.sleep(60)
    except Exception:
        print('an Exception')
    finally:
        print('last words')
"""


@pytest.mark.parametrize('limit', [None, 1])
def test_finally_runs_in_a_task_that_is_ended(
    start_module: StartModule, caller: Celery, limit: int | None
) -> None:
    worker = start_module('last_words', LAST_WORDS, '-c 1')
    result = caller.send_task('last_words.wait', time_limit=limit)
    if limit is None:
        wait_until_they_run(caller, result)
        result.revoke(terminate=True)
    with pytest.raises(TimeLimitExceeded if limit else TaskRevokedError):
        result.get(timeout=SECONDS)
    worker.wait_for('last words', SECONDS)
    assert 'an Exception' not in worker.output


def test_no_command_shows_what_a_rate_limit_holds_back(
    start_worker: StartWorker, caller: Celery
) -> None:
    worker = start_worker('examples.retries', '-c 1')
    limit = caller.control.rate_limit(
        'examples.retries.send_mail', '1/h', reply=True, timeout=SECONDS, limit=1
    )
    assert limit
    mails = [send(caller, 'send_mail', number) for number in range(3)]
    for mail in mails:
        worker.wait_for(f'[{mail.id}] received', SECONDS)
    mails[0].get(timeout=SECONDS)
    inspect = caller.control.inspect(timeout=SECONDS, limit=1)
    answers = [inspect.active(), inspect.reserved(), inspect.scheduled()]
    answers.append(inspect.query_task(*[mail.id for mail in mails[1:]]))
    for answer in answers:
        [found] = answer.values()
        assert not found
    assert {mail.state for mail in mails[1:]} == {'PENDING'}
