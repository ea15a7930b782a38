"""Every remote command on a real worker, and control_panel.py's own."""

from typing import Any

import pytest
from celery import Celery
from celery.exceptions import TimeLimitExceeded
from celery.worker.control import Panel

from playground.waiting import wait_until
from tests.examples.test_control_panel import OURS
from tests.live.conftest import StartWorker

SECONDS = 20.0

# What each command gets, and what its answer contains.
COMMANDS: dict[str, tuple[dict[str, Any], str]] = {
    'active': ({}, "'name': 'examples.control_panel.sleep'"),
    'active_queues': ({}, "'name': 'control_panel'"),
    'clock': ({}, "{'clock': "),
    'conf': ({}, "'task_default_queue': 'control_panel'"),
    'memdump': ({}, '- rss (end): '),
    'memsample': ({}, 'MB'),
    'objgraph': ({}, "ImportError('Requires the objgraph library')"),
    'ping': ({}, "{'ok': 'pong'}"),
    'query_task': ({'ids': ['running', 'unknown']}, "{'running': ['active', "),
    'registered': ({}, "['examples.control_panel.divide', 'examples.control_panel.sleep']"),
    'report': ({}, 'software -> celery:5.7.0'),
    'reserved': ({}, "'id': 'behind'"),
    'revoked': ({}, '[]'),
    'scheduled': ({}, "'id': 'later'"),
    'stats': ({}, "'max-concurrency': 1"),
    'add_consumer': ({'queue': 'another'}, "{'ok': 'add consumer another'}"),
    'cancel_consumer': ({'queue': 'another'}, "{'ok': 'no longer consuming from another'}"),
    'autoscale': ({'max': 2, 'min': 1}, "ValueError('Autoscale not enabled')"),
    'enable_events': ({}, "{'ok': 'task events enabled'}"),
    'disable_events': ({}, "{'ok': 'task events disabled'}"),
    # As the command line sends it. With arguments it ends a worker that is alone.
    'election': ({}, 'election() missing 2 required positional arguments'),
    'heartbeat': ({}, 'None'),
    'pool_shrink': ({'n': 1}, 'shrink pool. All processes busy!'),
    'pool_grow': ({'n': 1}, "{'ok': 'pool will grow'}"),
    'pool_restart': ({}, "ValueError('Pool restarts not enabled')"),
    'rate_limit': (
        {'task_name': 'examples.control_panel.divide', 'rate_limit': '10/m'},
        "{'ok': 'new rate limit set successfully'}",
    ),
    'time_limit': (
        {'task_name': 'examples.control_panel.divide', 'soft': 5, 'hard': 10},
        "{'ok': 'time limits set successfully'}",
    ),
    'revoke': ({'task_id': ['later']}, '"tasks {\'later\'} flagged as revoked"'),
    'revoke_by_stamped_headers': ({'headers': ['stamp=value']}, 'flagged as revoked'),
    'terminate': ({'signal': 'SIGTERM', 'task_id': ['running']}, "{'ok': 'terminate: running'}"),
    'shutdown': ({}, ''),
}


def test_every_command_is_tried() -> None:
    assert set(COMMANDS) == {name for name, meta in Panel.meta.items() if meta.visible} - OURS


def node_of(caller: Celery) -> str:
    answers = caller.control.broadcast('ping', reply=True, timeout=SECONDS, limit=1)
    return str(next(iter(answers[0])))


def ask(caller: Celery, node: str, command: str, arguments: dict[str, Any]) -> str:
    answers = caller.control.broadcast(
        command, arguments=arguments, destination=[node], reply=True, timeout=SECONDS
    )
    return repr(answers[0][node])


def test_every_command_on_a_worker(start_worker: StartWorker, caller: Celery) -> None:
    worker = start_worker('examples.control_panel', '-c 1')
    node = node_of(caller)
    send: dict[str, Any] = {'name': 'examples.control_panel.sleep', 'queue': 'control_panel'}
    caller.send_task(**send, args=(600,), task_id='running')
    worker.wait_for('[running] received', SECONDS)
    assert wait_until(lambda: ask(caller, node, 'active', {}) != '[]', SECONDS)
    caller.send_task(**send, args=(0,), task_id='behind')
    caller.send_task(**send, args=(0,), task_id='later', countdown=600)
    worker.wait_for('[behind] received', SECONDS)
    worker.wait_for('[later] received', SECONDS)
    for command, (arguments, expected) in COMMANDS.items():
        if command != 'shutdown':
            assert expected in ask(caller, node, command, arguments), command
    worker.wait_for('Task examples.control_panel.sleep[behind] succeeded', SECONDS)
    caller.control.broadcast('shutdown', destination=[node])
    assert worker.wait(SECONDS) == 0
    assert 'Got shutdown from remote' in worker.output


def test_a_worker_that_stays_connected_has_its_old_time_limits(
    start_worker: StartWorker, caller: Celery
) -> None:
    start_worker('examples.control_panel', '-c 1')
    node = node_of(caller)
    name = 'examples.control_panel.sleep'
    limits = {'task_name': name, 'soft': 0.5, 'hard': 1}
    assert 'time limits set successfully' in ask(caller, node, 'time_limit', limits)
    result = caller.send_task(name, (2,), queue='control_panel')
    result.get(timeout=SECONDS)
    assert result.state == 'SUCCESS'
    result = caller.send_task(name, (10,), queue='control_panel', time_limit=1)
    with pytest.raises(TimeLimitExceeded):
        result.get(timeout=SECONDS)


def test_events_can_be_disabled_without_option_e(start_worker: StartWorker, caller: Celery) -> None:
    start_worker('examples.control_panel')
    node = node_of(caller)
    ask(caller, node, 'enable_events', {})
    assert ask(caller, node, 'disable_events', {}) == "{'ok': 'task events disabled'}"
    types: list[str] = []
    with caller.connection_for_read() as connection:
        handlers = {'*': lambda event: types.append(event['type'])}
        stream = caller.events.Receiver(connection, handlers=handlers).itercapture(timeout=SECONDS)
        while not types:
            next(stream)
        result = caller.send_task('examples.control_panel.divide', (6, 3), queue='control_panel')
        assert result.get(timeout=SECONDS) == 2
        types.clear()
        # Events of the task would come before the second heartbeat after its end.
        while types.count('worker-heartbeat') < 2:
            next(stream)
    assert set(types) == {'worker-heartbeat'}


def test_an_election_ends_a_worker_that_is_alone(start_worker: StartWorker, caller: Celery) -> None:
    worker = start_worker('examples.control_panel')
    caller.control.broadcast('election', arguments={'id': 'an-election', 'topic': 'a-topic'})
    assert worker.wait(SECONDS) == 1
    assert 'IndexError: list index out of range' in worker.output
