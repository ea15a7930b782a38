"""Waiting for 100 results in an event loop: in threads, or by asking. production.md, chapter 4.

celery -A examples.async_caller worker -l info -P threads -c 100 -n caller@localhost
python -m examples.async_caller
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any

from celery import Celery
from celery.result import AsyncResult


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'async_caller'


app = Celery('examples.async_caller')
app.config_from_object(Config)


@app.task
def pause(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


async def get_in_a_thread(result: AsyncResult) -> Any:
    return await asyncio.to_thread(result.get, timeout=30)


async def ask(result: AsyncResult, seconds_between: float = 0.1) -> Any:
    async with asyncio.timeout(30):
        while not await asyncio.to_thread(result.ready):
            await asyncio.sleep(seconds_between)
    return result.get()


async def measure(wait: Callable[[AsyncResult], Awaitable[Any]]) -> None:
    results = [await asyncio.to_thread(pause.delay, 2) for _ in range(100)]
    begin = time.perf_counter()
    waits = asyncio.gather(*map(wait, results))
    await asyncio.sleep(0)
    await asyncio.to_thread(int)
    thread = time.perf_counter() - begin
    await waits
    done = time.perf_counter() - begin
    print(f'{wait.__name__}: 100 results after {done:.1f} s, a free thread after {thread:.1f} s')


if __name__ == '__main__':
    for way in (get_in_a_thread, ask):
        asyncio.run(measure(way))
