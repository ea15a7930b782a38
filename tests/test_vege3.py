"""vege3.py without a broker: where each task goes."""

from collections.abc import Callable
from typing import Any

import pytest
from celery import Celery
from celery.exceptions import QueueNotFound

import vege3
from playground.compose_file import ComposeFile


@pytest.fixture(autouse=True)
def _eager(run_eagerly: Callable[[Celery], None]) -> None:
    run_eagerly(vege3.app)


def queue_of(task: str, kwargs: dict[str, Any] | None = None, **options: Any) -> str:
    """Ask the router; a Broadcast goes by its alias, for its queue has a random name."""
    queue = vege3.app.amqp.router.route(options, task, (), kwargs or {})['queue']
    return str(queue.alias or queue.name)


def test_tasks_run() -> None:
    assert vege3.hello.delay('Chris').get() == 'hello Chris'
    assert vege3.resize_image.delay('cat', width=4000).get() == 'cat: 4000 pixels wide'
    assert vege3.empty_cache.delay().successful()


def test_settings_lead_to_the_services_of_the_notes(compose_settings: ComposeFile) -> None:
    assert vege3.Config.broker_url == compose_settings.broker_url
    assert vege3.Config.result_backend == compose_settings.result_backend


@pytest.mark.parametrize(
    ('task', 'kwargs', 'queue'),
    [
        ('vege3.hello', {}, 'general'),
        ('vege3.resize_image', {}, 'images'),
        ('vege3.turn_image', {}, 'images'),
        ('vege3.image', {}, 'general'),
        ('vege3.resize_image', {'width': 1000}, 'images'),
        ('vege3.resize_image', {'width': 1001}, 'slow'),
        ('vege3.empty_cache', {}, 'everyone'),
    ],
)
def test_route(task: str, kwargs: dict[str, Any], queue: str) -> None:
    assert queue_of(task, kwargs) == queue


def test_no_task_goes_to_the_queue_that_all_apps_share() -> None:
    names = [name for name in vege3.app.tasks if name.startswith('vege3.')]
    assert names
    assert 'celery' not in {queue_of(name) for name in names}
    assert 'celery' not in vege3.app.amqp.queues


def test_queue_of_the_call_wins_over_the_routes() -> None:
    assert queue_of('vege3.resize_image', {'width': 4000}, queue='general') == 'general'


def test_broadcast_declares_its_exchange_unless_the_call_says_otherwise() -> None:
    route = vege3.app.amqp.router.route
    (exchange,) = route({}, 'vege3.empty_cache')['declare']
    assert (exchange.name, exchange.type) == ('everyone', 'fanout')
    assert route({'declare': []}, 'vege3.empty_cache')['declare'] == []


def test_unknown_queue_is_made_unless_the_setting_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    queues = vege3.app.amqp.Queues(vege3.Config.task_queues)
    monkeypatch.setattr(vege3.app.amqp.router, 'queues', queues)
    assert queue_of('vege3.hello', queue='imagse') == 'imagse'
    monkeypatch.setattr(queues, 'create_missing', False)
    with pytest.raises(QueueNotFound, match="Queue 'iamges' missing from task_queues"):
        queue_of('vege3.hello', queue='iamges')


@pytest.mark.parametrize(
    ('queue', 'exchange', 'kind', 'key'),
    [
        ('general', 'general', 'direct', 'general'),
        ('images', 'general', 'direct', 'images'),
        ('slow', 'general', 'direct', 'slow'),
        ('urgent', 'general', 'direct', 'urgent'),
        ('direct_leaf', 'direct_market', 'direct', 'leaf.spinach'),
        ('direct_root', 'direct_market', 'direct', 'root.carrot'),
        ('topic_leaf', 'topic_market', 'topic', 'leaf.*'),
        ('topic_all', 'topic_market', 'topic', '#'),
        ('fanout_leaf', 'fanout_market', 'fanout', '#'),
        ('fanout_root', 'fanout_market', 'fanout', '#'),
    ],
)
def test_binding(queue: str, exchange: str, kind: str, key: str) -> None:
    bound = vege3.app.amqp.queues[queue]
    assert (bound.exchange.name, bound.exchange.type, bound.routing_key) == (exchange, kind, key)


def test_one_queue_has_priorities_and_redis_a_list_for_each() -> None:
    assert vege3.app.amqp.queues['urgent'].queue_arguments == {'x-max-priority': 9}
    assert vege3.app.conf.broker_transport_options['priority_steps'] == list(range(10))
