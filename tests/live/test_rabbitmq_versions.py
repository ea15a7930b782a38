"""What RabbitMQ 4 does otherwise than RabbitMQ 3.10: advance.md, chapters 2 and 4; README.md, 8."""

import uuid
from collections.abc import Iterator
from queue import Empty
from urllib.parse import urlsplit

import pytest
from amqp import PreconditionFailed
from celery import Celery
from kombu import Connection, Queue
from kombu.message import Message

from lab.faults.link import Link
from playground.ports import LOOPBACK
from playground.services.running import Services
from playground.session import Session
from playground.terminal import Terminal, reader_environment
from playground.waiting import wait_until
from tests.live.conftest import StartWorker
from tests.live.rabbitmq import major

SECONDS = 60.0
PLACES_FOR_ONE_PROCESS = 4
PROCESSES = 4

# x-delivery-limit of a quorum queue is 20 from 4.0 on.
RETURNS = 20


@pytest.fixture
def rabbitmq(running: Services) -> int:
    version = major(running)
    if version is None:
        pytest.skip('needs a RabbitMQ; native and compose have one')
    return version


def test_what_waits_takes_places_only_on_rabbitmq_4(
    running: Services, start_worker: StartWorker, caller: Celery
) -> None:
    worker = start_worker('examples.retries', '-c 1')
    later = [
        caller.send_task('examples.retries.ask', (0,), queue='retries', countdown=5)
        for _ in range(PLACES_FOR_ONE_PROCESS)
    ]
    received = 'Task examples.retries.ask['
    assert wait_until(lambda: worker.output.count(received) == len(later), SECONDS)
    now = caller.send_task('examples.retries.ask', (0,), queue='retries')
    assert now.get(timeout=SECONDS) == 'answer to attempt 1'
    first = min(result.get(timeout=SECONDS) and result.date_done for result in later)
    assert (now.date_done > first) is (major(running) == 4)


def test_native_delays_leave_the_places_free(
    rabbitmq: int, start_worker: StartWorker, caller: Celery
) -> None:
    start_worker('examples.waiting', '-c 1')
    caller.conf.update(
        task_default_queue='waiting',
        task_default_queue_type='quorum',
        task_default_exchange_type='topic',
    )
    later = [
        caller.send_task('examples.waiting.greet', ('later',), countdown=5)
        for _ in range(PLACES_FOR_ONE_PROCESS * 2)
    ]
    now = caller.send_task('examples.waiting.greet', ('now',))
    assert now.get(timeout=SECONDS) == 'hello now'
    first = min(result.get(timeout=SECONDS) and result.date_done for result in later)
    assert now.date_done < first


def test_a_grown_pool_gets_more_work_but_not_from_rabbitmq_4(
    running: Services, start_worker: StartWorker, caller: Celery
) -> None:
    """A message that is acknowledged late keeps its place while its task runs."""
    options = '-c 1 --prefetch-multiplier=1 -- task_acks_late=yes'
    worker = start_worker('examples.slow', options)
    caller.control.pool_grow(PROCESSES - 1)
    inspect = caller.control.inspect(timeout=SECONDS, limit=1)

    def has_grown() -> bool:
        [stats] = inspect.stats().values()
        return len(stats['pool']['processes']) == PROCESSES

    assert wait_until(has_grown, SECONDS)
    for _ in range(PROCESSES):
        caller.send_task('examples.slow.wait', (5,), queue='slow')
    worker.wait_for(' succeeded in ', SECONDS)
    until_one_succeeded = worker.output.partition(' succeeded in ')[0]
    at_once = 1 if major(running) == 4 else PROCESSES
    assert until_one_succeeded.count('waits 5 s') == at_once


@pytest.fixture
def quorum_queue(rabbitmq: int, running: Services) -> Iterator[Queue]:
    with Connection(running.broker_url) as connection:
        queue = Queue('quorum', queue_arguments={'x-queue-type': 'quorum'})
        bound: Queue = queue(connection.default_channel)
        bound.declare()
        yield bound


def take(queue: Queue) -> Message:
    """Take the next message, which a quorum queue gives out a moment after it came."""
    found: list[Message] = []

    def is_there() -> bool:
        message = queue.get(no_ack=False)
        found.extend([message] if message else [])
        return bool(found)

    if not wait_until(is_there, 2.0):
        raise Empty
    return found[0]


def test_priorities_in_a_quorum_queue(rabbitmq: int, quorum_queue: Queue) -> None:
    sent = [5, 0, 9, 3, 7, 1]
    with quorum_queue.channel.connection.client.clone() as connection:
        producer = connection.Producer()
        for priority in sent:
            producer.publish(str(priority), routing_key='quorum', priority=priority)
        count = quorum_queue.queue_declare
        assert wait_until(lambda: count(passive=True).message_count == len(sent), SECONDS)
    found = []
    for _ in sent:
        message = take(quorum_queue)
        message.ack()
        found.append(int(message.body))
    assert found == (sorted(sent, reverse=True) if rabbitmq == 4 else sent)


def test_a_quorum_queue_refuses_the_argument_of_classic_priorities(
    rabbitmq: int, running: Services
) -> None:
    with Connection(running.broker_url) as connection:
        arguments = {'x-queue-type': 'quorum', 'x-max-priority': 9}
        queue = Queue('both', queue_arguments=arguments)(connection.default_channel)
        with pytest.raises(PreconditionFailed, match="invalid arg 'x-max-priority'"):
            queue.declare()


def test_a_quorum_queue_gives_a_message_up(
    rabbitmq: int, quorum_queue: Queue, running: Services
) -> None:
    with Connection(running.broker_url) as connection:
        connection.Producer().publish('once', routing_key='quorum')
    for _ in range(RETURNS + 1):
        with Connection(running.broker_url) as connection:
            take(Queue('quorum')(connection.default_channel))
    with Connection(running.broker_url) as connection:
        queue = Queue('quorum')(connection.default_channel)
        if rabbitmq == 4:
            with pytest.raises(Empty):
                take(queue)
        else:
            assert take(queue)


@pytest.fixture
def link(rabbitmq: int, running: Services) -> Iterator[Link]:
    link = Link(urlsplit(running.broker_url).port or 0)
    yield link
    link.close()


APP = """
from celery import Celery
app = Celery('lonely')
app.conf.control_queue_exclusive = {exclusive}
app.conf.control_queue_durable = {durable}
"""


@pytest.mark.parametrize('exclusive', [True, False])
def test_a_connection_that_only_one_side_knows_to_be_broken(
    running: Services,
    session: Session,
    link: Link,
    tmp_path_factory: pytest.TempPathFactory,
    exclusive: bool,
) -> None:
    folder = tmp_path_factory.mktemp('lonely')
    (folder / 'lonely.py').write_text(APP.format(exclusive=exclusive, durable=not exclusive))
    port = urlsplit(running.broker_url).port
    host = urlsplit(running.broker_url).hostname
    broker_url = running.broker_url.replace(f'{host}:{port}', f'{LOOPBACK}:{link.port}')
    environment = {**reader_environment(running), 'CELERY_BROKER_URL': broker_url}
    name = f'lonely-{uuid.uuid4().hex[:8]}'
    command = f'celery -A lonely worker -l info -c 1 -n {name}@%h'
    worker = Terminal(session, name, command, environment, folder)
    worker.wait_for(' ready.', SECONDS)
    link.lose_clients()
    if exclusive:
        assert worker.wait(SECONDS) == 1
        assert 'RESOURCE_LOCKED - cannot obtain exclusive access to locked queue' in worker.output
    else:
        connected = ': INFO/MainProcess] Connected to '
        assert wait_until(lambda: worker.output.count(connected) == 2, SECONDS)
        assert wait_until(lambda: 'already using this process mailbox' in worker.output, SECONDS)
        assert worker.runs
    worker.kill()
