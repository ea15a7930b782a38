"""A node of a RabbitMQ cluster that goes down, and what is left: production.md, chapter 11."""

import uuid
from collections.abc import Iterator

import pytest
from amqp import NotFound
from celery import Celery

from playground import compose_file
from playground.ports import free_port
from playground.services import native
from playground.services.native import Node
from playground.services.running import Services
from playground.session import Session
from playground.terminal import Terminal, reader_environment
from tests.live.rabbitmq import rabbitmqctl

SECONDS = 60.0


@pytest.fixture(scope='module')
def cluster(started: Services) -> Iterator[list[Node]]:
    """Three nodes."""
    programs = native.rabbitmq_programs()
    if started.backend != 'native' or programs is None:
        pytest.skip('starts three RabbitMQ of its own, natively')
    mapper_port, cookie = free_port(), uuid.uuid4().hex
    with Session() as session:
        nodes = [
            native.start_node(session, programs, f'node-{number}', mapper_port, cookie)
            for number in range(3)
        ]
        join = ('join_cluster', nodes[0].name)
        for node in nodes[1:]:
            for command in ('stop_app',), ('reset',), join, ('start_app',):
                rabbitmqctl(node.tools, *command)
        yield nodes


@pytest.fixture
def stopped(cluster: list[Node]) -> Iterator[Node]:
    """The node that a test may stop."""
    yield cluster[1]
    rabbitmqctl(cluster[1].tools, 'start_app')


@pytest.mark.parametrize('kind', ['classic', 'quorum'])
def test_a_node_is_stopped(
    cluster: list[Node], stopped: Node, session: Session, started: Services, kind: str
) -> None:
    settings = compose_file.read()
    urls = [settings.broker_url_at(node.port) for node in (stopped, cluster[0], cluster[2])]
    queue = f'{kind}-{uuid.uuid4().hex[:8]}'
    environment = {**reader_environment(started), 'CELERY_BROKER_URL': ';'.join(urls)}
    worker = Terminal(
        session,
        queue,
        f'celery -A vege worker -l info -P solo -n {queue}@%h'
        f' -- task_default_queue={queue} task_default_queue_type={kind}',
        environment,
    )
    worker.wait_for(' ready.', SECONDS)
    caller = Celery('caller', broker=urls, backend=started.result_backend, set_as_current=False)
    caller.conf.task_default_queue, caller.conf.task_default_queue_type = queue, kind
    with caller:
        assert caller.send_task('vege.hello', ('Chris',)).get(timeout=SECONDS) == 'hello Chris'
        rabbitmqctl(stopped.tools, 'stop_app')
        if kind == 'classic':
            assert worker.wait(SECONDS) == 1
            assert 'Unrecoverable error: NotFound(404' in worker.output
            with pytest.raises(NotFound, match=f"home node '{stopped.name}' of durable queue"):
                caller.send_task('vege.hello', ('Chris',))
        else:
            worker.wait_for(f':{cluster[0].port}/', SECONDS)
            assert caller.send_task('vege.hello', ('Chris',)).get(timeout=SECONDS) == 'hello Chris'
            assert worker.runs
    worker.kill()
