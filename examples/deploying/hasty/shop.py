"""The next release, all at once: what waits for the old one fails. production.md, chapter 6.

celery -A shop worker -l info -c 1 -n hasty@%h
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
def send_invoice(order: int, language: str) -> str:
    return f'invoice {order} in {language}'


@app.task
def pack_parcel(order: int) -> str:
    print(f'packing order {order}')
    time.sleep(1)
    return f'order {order} packed'
