"""How long a call of get() keeps the other requests waiting. production.md, chapter 1.

celery -A examples.blocked_loop worker -l info -c 1
uvicorn examples.blocked_loop:web --port 5574
python -m examples.blocked_loop
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

from celery import Celery
from fastapi import FastAPI


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'blocked_loop'


app = Celery('examples.blocked_loop')
app.config_from_object(Config)
web = FastAPI()


@app.task
def take_two_seconds() -> str:
    time.sleep(2)
    return 'done'


def call_and_wait() -> str:
    return str(take_two_seconds.delay().get(timeout=10))


@web.get('/ping')
async def ping() -> str:
    return 'pong'


@web.get('/async-def')
async def wrong() -> str:
    return call_and_wait()


@web.get('/to-thread')
async def in_a_thread() -> str:
    return await asyncio.to_thread(call_and_wait)


@web.get('/def')
def also_in_a_thread() -> str:
    return call_and_wait()


def ask(path: str) -> float:
    begin = time.monotonic()
    connection = HTTPConnection('127.0.0.1', 5574, timeout=20)
    connection.request('GET', path)
    connection.getresponse().read()
    connection.close()
    return time.monotonic() - begin


if __name__ == '__main__':
    for path in '/async-def', '/to-thread', '/def':
        with ThreadPoolExecutor() as pool:
            call = pool.submit(ask, path)
            pings = [0.0]
            while not call.done():
                pings.append(ask('/ping'))
        took, slowest = call.result(), max(pings)
        told = 'it waited' if slowest > took / 2 else 'it did not wait'
        print(f'{path:10} took {took:.2f} s, and the slowest /ping {slowest:.2f} s: {told}')
