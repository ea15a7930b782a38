"""Event loops in tasks: a new one for each, or one that all share. production.md, chapter 4.

celery -A examples.event_loops worker -l info -c 1 -n loops@localhost
celery -A examples.event_loops shell
"""

import asyncio
import functools
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from celery import Celery
from redis.asyncio import Redis


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'event_loops'


app = Celery('examples.event_loops')
app.config_from_object(Config)

client = Redis.from_url(app.conf.result_backend)
Answer = TypeVar('Answer')


async def ask() -> bool:
    await asyncio.sleep(1)
    return bool(await client.ping())


@app.task
def ask_in_new_loop() -> bool:
    return asyncio.run(ask())


@functools.cache
def start_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    return loop


lock = threading.Lock()


def run(coroutine: Coroutine[Any, Any, Answer]) -> Answer:
    with lock:
        loop = start_loop()
    future = asyncio.run_coroutine_threadsafe(coroutine, loop)
    try:
        return future.result()
    finally:
        future.cancel()


@app.task
def ask_in_shared_loop() -> bool:
    return run(ask())


@app.task
def ask_100_times() -> int:
    async def ask_all() -> list[bool]:
        return await asyncio.gather(*(ask() for _ in range(100)))

    return sum(run(ask_all()))
