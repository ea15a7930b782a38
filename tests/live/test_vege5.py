"""vege5.py with a real worker: each broker obeys its own settings, and a key is kept."""

import json
import sqlite3
from pathlib import Path

import pytest
from celery import Celery
from celery.exceptions import WorkerLostError

import vege5
from playground.services.running import Services
from playground.virtual_environment import REPOSITORY
from playground.waiting import wait_until
from tests.live.conftest import StartModule

SOURCE = (REPOSITORY / 'vege5.py').read_text()
SECONDS = 30.0
TASK = 'vege5.deposit'

# Each of them ends a worker with Celery's own consumer, or has it reconnect without end.
BAD_MESSAGES = [
    ([1], {'task': TASK, 'id': 'a'}),
    (None, {'task': TASK, 'id': 'b'}),
    ([[5], {}, {}], {'task': TASK}),
    ([[5], {}, {}], {'task': [TASK], 'id': 'c'}),
    ([[5], {}, {}], {'task': 'unknown'}),
    ([[5], {}, {}], {'task': TASK, 'id': 'd', 'timelimit': [1]}),
]
POISON = """
import os


@app.task(default_retry_delay=1)
def poison():
    os._exit(1)


@app.task
def good():
    return 'good'


@app.task(default_retry_delay=1)
def poison_once(path):
    if not os.path.exists(path):
        open(path, 'w').close()
        os._exit(1)
    return 'good'
"""


@pytest.fixture
def vege5_caller(caller: Celery) -> Celery:
    """A caller whose tasks go where a worker of vege5.py finds them."""
    for name in 'task_default_queue', 'task_default_queue_type', 'task_default_exchange_type':
        caller.conf[name] = getattr(vege5.Config, name)
    return caller


def test_a_key_makes_a_deposit_once(
    start_module: StartModule, vege5_caller: Celery, tmp_path: Path
) -> None:
    start_module('vege5', SOURCE, '-c 2')
    results = [vege5_caller.send_task(TASK, (5, key)) for key in ('one', 'one', 'two', 'one')]
    results += [vege5_caller.send_task(TASK, (3,)) for _ in range(2)]
    for result in results:
        result.get(timeout=SECONDS)
    with sqlite3.connect(tmp_path / 'vege5.sqlite3') as database:
        found = database.execute('SELECT amount FROM deposits ORDER BY amount').fetchall()
    database.close()
    assert found == [(3,), (3,), (5,), (5,)]


def test_what_ends_a_worker_of_celery_is_refused(
    start_module: StartModule, vege5_caller: Celery
) -> None:
    worker = start_module('vege5', SOURCE, '-c 1')
    queue = vege5_caller.amqp.queues['vege5']
    with vege5_caller.connection_for_write() as connection:
        queue(connection.default_channel).declare()
        producer = connection.Producer(exchange=queue.exchange, routing_key='vege5')
        for body, headers in BAD_MESSAGES:
            producer.publish(json.dumps(body), content_type='application/json', headers=headers)
    for limits in ({'time_limit': 'abc'}, {'soft_time_limit': [1]}, {'time_limit': '5'}):
        vege5_caller.send_task(TASK, (1,), **limits)
    assert vege5_caller.send_task(TASK, (5,)).get(timeout=SECONDS) is None
    assert worker.output.count('Received invalid task message') == len(BAD_MESSAGES) + 3
    assert worker.runs


def test_a_task_that_kills_its_process_runs_once_and_three_times_more(
    start_module: StartModule, vege5_caller: Celery
) -> None:
    worker = start_module('vege5', SOURCE + POISON, '-c 2')
    poison, good = (vege5_caller.send_task(f'vege5.{name}') for name in ('poison', 'good'))
    assert good.get(timeout=SECONDS) == 'good'
    with pytest.raises(WorkerLostError):
        poison.get(timeout=SECONDS)
    assert worker.output.count(f'Task vege5.poison[{poison.id}] received') == 4


def test_a_retry_that_cannot_be_sent_gives_the_message_back(
    start_module: StartModule, vege5_caller: Celery, running: Services, tmp_path: Path
) -> None:
    if not running.has_rabbitmq:
        pytest.skip('the exchanges of RabbitMQ')
    worker = start_module('vege5', SOURCE + POISON, '-c 1')
    with vege5_caller.connection_for_write() as connection:
        connection.default_channel.exchange_delete('celery_delayed_27')
    once = vege5_caller.send_task('vege5.poison_once', (str(tmp_path / 'was here'),))
    assert once.get(timeout=SECONDS) == 'good'
    assert f'Failed to retry task vege5.poison_once[{once.id}] after worker' in worker.output


def test_each_broker_takes_its_own_of_the_transport_options(
    caller: Celery, running: Services
) -> None:
    caller.conf.broker_transport_options = vege5.Config.broker_transport_options
    with caller.connection_for_write() as connection:
        channel = connection.default_channel
        if running.has_rabbitmq:
            assert connection.connection.confirm_publish
            assert not hasattr(channel, 'visibility_timeout')
        else:
            assert channel.visibility_timeout == 600
            assert not hasattr(channel, 'confirm_publish')


def answers(running: Services, durable: bool, seconds: float) -> list[object]:
    """What the only worker answers to a program that asks it sixteen times."""
    with Celery('asker', broker=running.broker_url, set_as_current=False) as app:
        app.conf.update(control_queue_exclusive=False, control_queue_durable=durable)
        inspect = app.control.inspect(timeout=seconds, limit=1)
        return [inspect.ping() for _ in range(16)]


def test_on_redis_a_program_that_asks_again_misses_answers(
    start_module: StartModule, caller: Celery, running: Services
) -> None:
    if running.has_rabbitmq:
        pytest.skip('the answers of a RabbitMQ have no such race')
    start_module('vege5', SOURCE, '-c 1')
    # A worker that is ready may not hear yet what is published to all.
    assert wait_until(lambda: bool(caller.control.ping(timeout=0.5)), SECONDS)
    assert None not in answers(running, durable=False, seconds=SECONDS)
    # Two or three of sixteen, as a rule.
    assert wait_until(lambda: None in answers(running, durable=True, seconds=0.4), SECONDS)
