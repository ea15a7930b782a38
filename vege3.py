"""Routing: queues, exchanges, priorities, broadcast. advance.md, chapter 2.

celery -A vege3 worker -l info -Q images,slow
celery -A vege3 shell
"""

from typing import Any

from celery import Celery
from kombu import Exchange, Queue
from kombu.common import Broadcast

direct = Exchange('direct_market', type='direct')
topic = Exchange('topic_market', type='topic')
fanout = Exchange('fanout_market', type='fanout')
everyone = Broadcast('everyone')


def route_wide_images(name: str, args: Any, kwargs: Any, options: Any, **_: Any) -> str | None:
    return 'slow' if kwargs.get('width', 0) > 1000 else None


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'general'
    task_queues = (
        Queue('general'),
        Queue('images', routing_key='images'),
        Queue('slow', routing_key='slow'),
        Queue('urgent', routing_key='urgent', queue_arguments={'x-max-priority': 9}),
        everyone,
        Queue('direct_leaf', direct, 'leaf.spinach'),
        Queue('direct_root', direct, 'root.carrot'),
        Queue('topic_leaf', topic, 'leaf.*'),
        Queue('topic_all', topic, '#'),
        Queue('fanout_leaf', fanout, '#'),
        Queue('fanout_root', fanout, '#'),
    )
    task_routes = (
        route_wide_images,
        {
            'vege3.*_image': 'images',
            # On Redis the sender must declare the exchange, or the message is lost.
            'vege3.empty_cache': {'queue': 'everyone', 'declare': [everyone.exchange]},
        },
    )
    # Redis only: a list for each of ten priorities. The default is four lists.
    broker_transport_options = {'priority_steps': list(range(10))}


app = Celery('vege3')
app.config_from_object(Config)


@app.task
def hello(name: str = 'world') -> str:
    return f'hello {name}'


@app.task
def resize_image(name: str, width: int = 100) -> str:
    return f'{name}: {width} pixels wide'


@app.task(ignore_result=True)
def empty_cache() -> None:
    """Each worker runs it once, in one of its processes."""
