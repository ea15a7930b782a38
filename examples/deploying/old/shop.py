"""The release that runs today. production.md, chapter 6.

celery -A shop worker -l info -c 1 -n old@%h
"""

import time

from celery import Celery


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'shop'


app = Celery('shop')
app.config_from_object(Config)


@app.task
def send_invoice(order: int) -> str:
    return f'invoice {order} in English'


@app.task
def pack(order: int) -> str:
    print(f'packing order {order}')
    time.sleep(1)
    return f'order {order} packed'
