"""examples/bulk.py: its messages are Celery's own, and what it has sent is in RabbitMQ."""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import Celery, Task
from kombu import Message, Queue
from kombu.exceptions import OperationalError

from examples import bulk
from lab import servers
from playground.services.running import Services
from playground.session import Session
from playground.waiting import wait_until
from tests.backends import skip_without_native
from tests.brokers import BROKERS

SECONDS = 30.0
CALLS = [(number, 'a') for number in range(3)]
FUTURE = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def rabbitmq(running: Services) -> Services:
    if BROKERS[running.backend] != 'RabbitMQ':
        pytest.skip('bulk.py is for RabbitMQ')
    return running


def task_of(app: Celery) -> Task:
    """Make an app's task, and a queue that is its own."""
    app.conf.task_default_queue = f'bulk-{uuid.uuid4()}'

    @app.task(name='repeat', shared=False)
    def repeat(number: int, text: str, mark: str = '') -> str:
        return number * text + mark

    return repeat


def messages(task: Task, queue: str = '') -> Iterator[Message]:
    """Take all that is in a queue, without a word to the broker about it."""
    with task.app.connection_for_read() as connection:
        source = Queue(queue or task.app.conf.task_default_queue)(connection.default_channel)
        while message := source.get(no_ack=True):
            yield message


@pytest.fixture
def repeat(rabbitmq: Services, caller: Celery) -> Task:
    return task_of(caller)


def told(message: Message) -> dict[str, Any]:
    """What a worker is told, without what is another one for each message."""
    headers = dict(message.headers)
    own_id = headers.pop('id')
    assert message.properties.pop('correlation_id') == own_id
    assert headers.pop('root_id') == own_id
    assert message.properties.pop('application_headers')['id'] == own_id
    # Milliseconds that are left.
    left = message.properties.pop('expiration', None)
    return {
        'headers': headers,
        'properties': message.properties,
        'body': message.body,
        'type': (message.content_type, message.content_encoding),
        'expires': left and round(int(left) / 60_000),
        'route': [message.delivery_info[name] for name in ('exchange', 'routing_key')],
    }


@pytest.mark.parametrize(
    'options',
    [
        {},
        {'eta': FUTURE, 'expires': FUTURE + timedelta(days=1)},
        {'priority': 7, 'headers': {'customer': 'Ann'}, 'time_limit': 5, 'soft_time_limit': 4},
        {'serializer': 'msgpack', 'compression': 'gzip', 'kwargs': {'mark': '!'}},
        {'ignore_result': True, 'shadow': 'other', 'delivery_mode': 1, 'argsrepr': '(…)'},
    ],
    ids=lambda options: '-'.join(options) or 'plain',
)
def test_a_message_is_that_of_apply_async(repeat: Task, options: dict[str, Any]) -> None:
    single = [repeat.apply_async(call, **options).id for call in CALLS]
    expected = list(messages(repeat))
    ids = bulk.send(repeat, CALLS, **options)
    found = list(messages(repeat))
    assert [message.headers['id'] for message in expected] == single
    assert [message.headers['id'] for message in found] == ids
    assert [told(message) for message in found] == [told(message) for message in expected]


def test_a_route_and_a_parent_are_kept(repeat: Task) -> None:
    other = f'bulk-{uuid.uuid4()}'
    repeat.app.conf.task_routes = {'repeat': {'queue': other}}
    bulk.send(repeat, CALLS, root_id='first', parent_id='last')
    found = list(messages(repeat, other))
    assert len(found) == len(CALLS)
    assert {message.headers['root_id'] for message in found} == {'first'}
    assert {message.headers['parent_id'] for message in found} == {'last'}
    assert len({message.headers['id'] for message in found}) == len(CALLS)


def test_more_messages_than_wait_at_a_time(repeat: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, 'UNCONFIRMED', 7)
    ids = bulk.send(repeat, [(number, 'a') for number in range(100)])
    assert [message.headers['id'] for message in messages(repeat)] == ids
    assert bulk.send(repeat, []) == []


def test_a_full_queue_is_an_error(repeat: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, 'RETRIES', 1)
    arguments = {'x-max-length': 2, 'x-overflow': 'reject-publish'}
    queue = repeat.app.conf.task_default_queue
    repeat.app.conf.task_queues = [Queue(queue, routing_key=queue, queue_arguments=arguments)]
    with pytest.raises(OperationalError, match='refuses'):
        bulk.send(repeat, CALLS)


def test_only_rabbitmq_confirms(caller: Celery, running: Services) -> None:
    if BROKERS[running.backend] == 'RabbitMQ':
        pytest.skip('with Redis only')
    with pytest.raises(ValueError, match='only RabbitMQ'):
        bulk.send(task_of(caller), CALLS)


def test_messages_of_the_old_protocol_have_another_form(repeat: Task) -> None:
    repeat.app.conf.task_protocol = 1
    with pytest.raises(ValueError, match='task_protocol must be 2'):
        bulk.send(repeat, CALLS)


class Moment(int):
    """A number that does something when it is about to be sent."""

    action: Callable[[], None]

    def __repr__(self) -> str:
        self.action()
        return int.__repr__(self)


def test_nothing_is_lost_when_the_broker_is_killed(
    request: pytest.FixtureRequest, session: Session
) -> None:
    skip_without_native(request.config)
    server = servers.start(session, servers.RABBITMQ)
    calls: list[tuple[int, str]] = [(number, 'a') for number in range(3_000)]
    moment = Moment(2_000)
    kills: list[int] = []

    def kill() -> None:
        # It is about to be sent a second time, too.
        if not kills:
            kills.append(1)
            server.process.kill()
            server.process.start()

    moment.action = kill
    calls[2_000] = moment, 'a'
    with Celery('caller', broker=server.broker_url, set_as_current=False) as app:
        repeat = task_of(app)
        ids = bulk.send(repeat, calls)
        assert kills
        assert wait_until(
            lambda: server.ready(app, app.conf.task_default_queue) >= len(calls), SECONDS
        )
        found = [message.headers['id'] for message in messages(repeat)]
    assert len(ids) == len(calls)
    assert set(found) == set(ids)
