"""Tasks whose arguments pydantic checks. advance.md, chapter 8.

celery -A examples.pydantic_tasks worker -l info -P threads
celery -A examples.pydantic_tasks shell
"""

from datetime import date

from celery import Celery
from pydantic import BaseModel, PositiveInt


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'pydantic_tasks'


app = Celery('examples.pydantic_tasks')
app.config_from_object(Config)


class Order(BaseModel):
    item: str
    pieces: PositiveInt
    due: date


class Bill(BaseModel):
    text: str
    cents: int


@app.task(pydantic=True)
def bill(order: Order, cents: int) -> Bill:
    return Bill(text=f'{order.pieces} {order.item}, {order.due:%d %B}', cents=order.pieces * cents)


@app.task
def show(value: object) -> str:
    return f'{type(value).__name__}: {value!r}'
