"""A shop whose worker pays money back. production.md, chapter 9.

cd examples/safe
celery -A payments worker -l info -c 1 -n safe@%h --without-gossip --without-mingle
"""

import time

from celery import Celery


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'safe'
    task_default_exchange_type = 'topic'


app = Celery('payments')
app.config_from_object(Config)


@app.task
def refund(order: int, euros: int) -> str:
    return f'{euros} euros back for order {order}'


@app.task
def pay(card: str, euros: int) -> str:
    time.sleep(1)
    return f'{euros} euros paid'
