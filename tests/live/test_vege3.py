"""vege3.py with real workers: exchanges, Broadcast, and the order of priorities."""

import contextlib
import json
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from amqp import NotFound
from celery import Celery
from celery.result import AsyncResult
from kombu import Consumer, Exchange, Queue

from playground.services.running import Services
from playground.terminal import Terminal
from tests.live.conftest import StartModule, StartWorker

SECONDS = 30.0
# A message that is not there by then does not come.
QUIET_SECONDS = 2.0

LEAF = '-P solo -Q general,everyone,direct_leaf,topic_leaf,fanout_leaf'
ROOT = '-P solo -Q images,slow,everyone,direct_root,topic_all,fanout_root'

# As advance.md sends them: not in the order of any rule.
PRIORITIES = (1, 0, 5, 9, 3, 7)
TEN_STEPS = {'priority_steps': list(range(10))}

Ask = Callable[[str], Any]


@pytest.fixture
def ask(open_terminal: Callable[[str], Terminal]) -> Ask:
    """Run a script that knows vege3, in a process of its own, and return the JSON it prints."""

    def run(script: str) -> Any:
        imports = 'import json\nfrom vege3 import *\n'
        terminal = open_terminal(f'python -c {shlex.quote(imports + script)}')
        assert terminal.wait(SECONDS) == 0, terminal.output
        return json.loads(terminal.output)

    return run


def received(worker: Terminal, task_id: str) -> bool:
    return f'[{task_id}] received' in worker.output


def send(caller: Celery, queue: str) -> list[AsyncResult[str]]:
    """Send one hello for each priority, with the priority as its argument."""
    return [caller.send_task('vege3.hello', (p,), queue=queue, priority=p) for p in PRIORITIES]


def order(results: Sequence[AsyncResult[str]]) -> list[int]:
    """The priorities in the order in which the tasks ended."""
    for result in results:
        result.get(timeout=SECONDS)
    ended = sorted(results, key=lambda result: result.date_done)
    return [int(result.result.removeprefix('hello ')) for result in ended]


def test_one_message_to_each_type_of_exchange(start_worker: StartWorker, ask: Ask) -> None:
    leaf, root = start_worker('vege3', LEAF), start_worker('vege3', ROOT)
    sent = ask(
        'def send(exchange, key):\n'
        '    return hello.apply_async(exchange=exchange.name, routing_key=key,'
        ' declare=[exchange]).id\n'
        "keys = 'leaf.spinach', 'root.carrot', 'leaf.spinach.fresh', 'stem.leek'\n"
        'print(json.dumps({exchange.type: {key: send(exchange, key) for key in keys}'
        ' for exchange in (direct, topic, fanout)}))'
    )
    everything = {(kind, key) for kind, ids in sent.items() for key in ids}
    always = {(kind, key) for kind, key in everything if kind == 'fanout'}
    expected = {
        leaf: {('direct', 'leaf.spinach'), ('topic', 'leaf.spinach')} | always,
        root: {('direct', 'root.carrot')} | always | {('topic', key) for key in sent['topic']},
    }
    for worker, messages in expected.items():
        for kind, key in messages:
            worker.wait_for(f'[{sent[kind][key]}] succeeded', SECONDS)
        assert messages == {
            (kind, key) for kind, key in everything if received(worker, sent[kind][key])
        }


def test_broadcast_without_declare_is_lost_on_redis_only(
    start_worker: StartWorker, ask: Ask, running: Services
) -> None:
    workers = start_worker('vege3', LEAF), start_worker('vege3', ROOT)
    first, second = ask(
        'print(json.dumps([empty_cache.apply_async(declare=[]).id, empty_cache.delay().id]))'
    )
    for worker in workers:
        worker.wait_for(f'[{second}] succeeded', SECONDS)
        assert received(worker, first) is running.has_rabbitmq


def test_priorities_without_settings(
    start_worker: StartWorker, caller: Celery, running: Services
) -> None:
    results = [caller.send_task('vege.hello', (p,), queue='celery', priority=p) for p in PRIORITIES]
    start_worker('vege', '-P solo')
    # RabbitMQ keeps the order of sending; Redis has a list for 0 to 2, 3 to 5, 6 to 8, and 9.
    expected = list(PRIORITIES) if running.has_rabbitmq else [1, 0, 5, 3, 7, 9]
    assert order(results) == expected


def test_worker_with_other_steps_never_looks_into_some_lists(
    start_worker: StartWorker, caller: Celery, running: Services
) -> None:
    if running.has_rabbitmq:
        pytest.skip('RabbitMQ has no lists of priorities; embedded shows it')
    caller.conf.broker_transport_options = TEN_STEPS
    unread, read = (caller.send_task('vege.hello', queue='celery', priority=p) for p in (1, 9))
    start_worker('vege', '-P solo')
    assert read.get(timeout=SECONDS) == 'hello world'
    assert unread.state == 'PENDING'


def test_a_message_without_a_priority_counts_as_0(
    start_worker: StartWorker, caller: Celery, running: Services
) -> None:
    caller.conf.broker_transport_options = TEN_STEPS
    queue = Queue('urgent', queue_arguments={'x-max-priority': 9})
    priorities = {'five': 5, 'none': None, 'nine': 9}
    results = [
        caller.send_task('vege3.hello', (name,), queue=queue, priority=priority)
        for name, priority in priorities.items()
    ]
    start_worker('vege3', '-P solo -Q urgent')
    for result in results:
        result.get(timeout=SECONDS)
    ended = [result.result for result in sorted(results, key=lambda result: result.date_done)]
    expected = ['hello nine', 'hello five', 'hello none']
    assert ended == (expected if running.has_rabbitmq else expected[::-1])


@pytest.mark.parametrize('bound_later', [False, True])
def test_a_fanout_exchange(caller: Celery, running: Services, bound_later: bool) -> None:
    """On RabbitMQ a queue keeps what came while nobody read, and its key does not count."""
    exchange = Exchange('fanout_market', type='fanout')
    with caller.connection_for_write() as connection, connection.clone() as reader:
        queue = Queue('other_key', exchange, 'another.key')
        queue(connection.default_channel).declare()
        bodies: list[str] = []

        def listen() -> Consumer:
            return reader.Consumer(queue, callbacks=[lambda body, message: bodies.append(body)])

        producer = connection.Producer()
        if bound_later:
            producer.publish('x', exchange=exchange, routing_key='a.key', declare=[exchange])
        with listen(), contextlib.suppress(TimeoutError):
            with contextlib.suppress(TimeoutError):
                reader.drain_events(timeout=QUIET_SECONDS)
            if not bound_later:
                producer.publish('x', exchange=exchange, routing_key='a.key', declare=[exchange])
            reader.drain_events(timeout=QUIET_SECONDS)
        assert bodies == (['x'] if running.has_rabbitmq else [])


def test_an_exchange_that_does_not_exist(caller: Celery, running: Services) -> None:
    if not running.has_rabbitmq:
        pytest.skip('Redis has no exchanges: the Broadcast above shows what is made of one')
    with caller.connection_for_write() as connection:
        queue = Queue('bound', Exchange('elsewhere', type='direct'), 'key')
        queue(connection.default_channel).declare()
        connection.Producer().publish('x', exchange='nowhere', routing_key='bound')
        with pytest.raises(NotFound, match="no exchange 'nowhere'"):
            queue(connection.default_channel).queue_declare(passive=True)


CACHES = """
import os, time
from celery import Celery
from kombu import Queue
from kombu.common import Broadcast
app = Celery('caches')
everyone = Broadcast('everyone')
app.conf.task_default_queue = 'caches'
app.conf.task_queues = (Queue('caches'), everyone)
cache = {}
@app.task
def fill(folder):
    cache['key'] = 'value'
    open(f'{folder}/{os.getpid()}', 'w').close()
    while len(os.listdir(folder)) < 2:
        time.sleep(0.01)
@app.task(ignore_result=True)
def empty():
    cache.clear()
    print('emptied')
@app.task
def look(folder):
    open(f'{folder}/{os.getpid()}', 'w').close()
    while len(os.listdir(folder)) < 2:
        time.sleep(0.01)
    return len(cache)
"""


def test_a_broadcast_empties_the_cache_of_one_process(
    start_module: StartModule, caller: Celery, tmp_path: Path
) -> None:
    full, seen = tmp_path / 'full', tmp_path / 'seen'
    full.mkdir()
    seen.mkdir()
    worker = start_module('caches', CACHES, '-c 2')

    def on_both(task: str, folder: Path) -> list[Any]:
        results = [
            caller.send_task(f'caches.{task}', (str(folder),), queue='caches') for _ in range(2)
        ]
        return [result.get(timeout=SECONDS) for result in results]

    on_both('fill', full)
    everyone = Exchange('everyone', type='fanout')
    way = {'exchange': 'everyone', 'routing_key': 'caches', 'declare': [everyone]}
    caller.send_task('caches.empty', ignore_result=True, **way)
    worker.wait_for('emptied', SECONDS)
    assert sorted(on_both('look', seen)) == [0, 1]
