"""What ends a task, and what starts it again. advance.md, chapter 4.

celery -A examples.retries worker -l info -c 2
celery -A examples.retries shell
"""

import os
import signal
import sqlite3
import time
import uuid

from celery import Celery, Task
from celery.exceptions import SoftTimeLimitExceeded


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'retries'


app = Celery('examples.retries')
app.config_from_object(Config)


def ask_server(task: Task, failures: int) -> str:
    attempt = task.request.retries + 1
    if attempt <= failures:
        raise ConnectionError(f'no answer to attempt {attempt}')
    return f'answer to attempt {attempt}'


@app.task(bind=True, max_retries=2)
def ask(self: Task, failures: int) -> str:
    try:
        return ask_server(self, failures)
    except ConnectionError as error:
        raise self.retry(countdown=0.2 * 2**self.request.retries) from error


@app.task(bind=True, autoretry_for=(ConnectionError,), retry_backoff=True, retry_jitter=False)
def ask_again(self: Task, failures: int) -> str:
    return ask_server(self, failures)


@app.task(soft_time_limit=0.5, time_limit=3)
def work(seconds: float) -> str:
    try:
        print(f'at work for {seconds} s')
        time.sleep(seconds)
    except SoftTimeLimitExceeded:
        return 'stopped in good order'
    return 'done'


@app.task(soft_time_limit=0.5, time_limit=3)
def read_rows(seconds: list[float]) -> str:
    for row in seconds:
        try:
            time.sleep(row)
        except Exception:  # meant for a row that cannot be read
            continue
    return 'all rows read'


@app.task(rate_limit='60/m')
def send_mail(number: int) -> str:
    return f'mail {number} sent'


@app.task(bind=True, default_retry_delay=0)
def charge(self: Task, customer: str, key: str | None = None) -> str:
    with sqlite3.connect('payments.db') as book:
        book.execute('CREATE TABLE IF NOT EXISTS payments (key TEXT PRIMARY KEY, customer TEXT)')
        payment = (key or str(uuid.uuid4()), customer)
        book.execute('INSERT OR IGNORE INTO payments VALUES (?, ?)', payment)
    if self.request.retries == 0:
        raise self.retry(exc=ConnectionError('paid, but the answer was lost'))
    return 'paid'


@app.task(retry_on_worker_lost=True, max_retries=1, default_retry_delay=0)
def use_up_memory() -> None:
    os.kill(os.getpid(), signal.SIGKILL)  # what Linux does when there is no memory left
