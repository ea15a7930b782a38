"""What becomes of an async def task, and a way that works. README.md, chapter 12.

celery -A examples.coroutines worker -l info -c 1 -n coroutines@%h
celery -A examples.coroutines shell
"""

import asyncio

from celery import Celery


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'coroutines'


app = Celery('examples.coroutines')
app.config_from_object(Config)


async def fetch(name: str) -> str:
    await asyncio.sleep(0.1)
    return f'fetched {name}'


@app.task
async def fetch_never(name: str) -> str:
    return await fetch(name)


@app.task
def fetch_now(name: str) -> str:
    return asyncio.run(fetch(name))
