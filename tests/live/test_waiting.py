"""What waits in RabbitMQ for its time, and what that costs: advance.md, chapter 4."""

import json
from urllib.parse import urlsplit

import pytest
from amqp import NotFound
from celery import Celery
from celery.exceptions import TaskRevokedError

from examples import waiting
from playground import http
from playground.services.running import Services
from tests.fresh_services import management
from tests.live.conftest import StartWorker

SECONDS = 30.0
# Longer than any test.
LATER = 600
PLACES_OF_ONE_PROCESS = 4
SETTINGS = {
    name: getattr(waiting.Config, name) for name in vars(waiting.Config) if name.startswith('task_')
}


@pytest.fixture
def like_waiting(caller: Celery, running: Services) -> Celery:
    """A caller with the settings of examples/waiting.py."""
    caller.conf.update(SETTINGS)
    return caller


def needs_rabbitmq(running: Services) -> None:
    if not running.has_rabbitmq:
        pytest.skip('Redis has no queue types; native and compose show it')


def test_what_waits_in_rabbitmq_is_in_no_worker(
    start_worker: StartWorker, like_waiting: Celery, running: Services
) -> None:
    start_worker('examples.waiting', '-c 1')
    late = [
        like_waiting.send_task('examples.waiting.greet', ('later',), countdown=LATER)
        for _ in range(2 * PLACES_OF_ONE_PROCESS)
    ]
    plain = like_waiting.send_task('examples.waiting.greet', ('now',))
    assert plain.get(timeout=SECONDS) == 'hello now'
    assert {result.state for result in late} == {'PENDING'}
    inspect = like_waiting.control.inspect(timeout=SECONDS, limit=1)
    [scheduled] = inspect.scheduled().values()
    assert len(scheduled) == (0 if running.has_rabbitmq else len(late))
    assert like_waiting.control.purge() == 0
    if running.has_rabbitmq:
        delayed = [name for name in queues(running) if name.startswith('celery_delayed_')]
        assert sorted(delayed) == sorted(f'celery_delayed_{level}' for level in range(28))


def test_what_waits_in_rabbitmq_can_be_revoked(
    start_worker: StartWorker, like_waiting: Celery
) -> None:
    worker = start_worker('examples.waiting', '-c 1')
    result = like_waiting.send_task('examples.waiting.greet', ('later',), countdown=5)
    like_waiting.control.revoke(result.id, reply=True, timeout=SECONDS, limit=1)
    with pytest.raises(TaskRevokedError, match='revoked'):
        result.get(timeout=SECONDS)
    worker.wait_for(f'Discarding revoked task: examples.waiting.greet[{result.id}]', SECONDS)


def test_a_delayed_call_before_the_first_worker_is_lost(
    start_worker: StartWorker, like_waiting: Celery, running: Services
) -> None:
    needs_rabbitmq(running)
    lost = like_waiting.send_task('examples.waiting.greet', ('lost',), countdown=1)
    with pytest.raises(NotFound, match="no exchange 'celery_delayed_27'"):
        like_waiting.control.ping(timeout=SECONDS)
    worker = start_worker('examples.waiting', '-c 1')
    found = like_waiting.send_task('examples.waiting.greet', ('found',), countdown=1)
    assert found.get(timeout=SECONDS) == 'hello found'
    assert lost.id not in worker.output


def test_a_direct_exchange_leaves_the_waiting_to_the_worker(
    start_worker: StartWorker,
    like_waiting: Celery,
    running: Services,
    caplog: pytest.LogCaptureFixture,
) -> None:
    needs_rabbitmq(running)
    like_waiting.conf.task_default_exchange_type = 'direct'
    options = '-c 1 -- task_default_exchange_type=direct'
    worker = start_worker('examples.waiting', options)
    late = like_waiting.send_task('examples.waiting.greet', ('later',), countdown=LATER)
    assert 'Direct exchanges are not supported with native delayed delivery' in caplog.text
    worker.wait_for(f'[{late.id}] received', SECONDS)


def queues(running: Services) -> list[str]:
    """The names of the queues in the test's vhost."""
    api, credentials = management(running)
    vhost = urlsplit(running.broker_url).path.removeprefix('/')
    answer = http.request(f'{api}queues/{vhost}?columns=name', credentials)[1]
    return [queue['name'] for queue in json.loads(answer)]
