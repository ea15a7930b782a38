"""Nothing lost: settings that survive a kill, a task that may run twice. production.md, chapter 6.

celery -A vege5 worker -l info -c 2
celery -A vege5 shell
"""

import contextlib
import sqlite3
from collections.abc import Iterator

from celery import Celery


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'vege5'
    task_default_queue_type = 'quorum'  # RabbitMQ writes each message to disk
    task_default_exchange_type = 'topic'  # a countdown waits in RabbitMQ, not in a worker
    broker_transport_options = {
        'confirm_publish': True,  # RabbitMQ: a call returns when the broker has the message
        'visibility_timeout': 600,  # Redis: when the messages of a dead worker come back
    }
    task_publish_retry_policy = {'max_retries': 20}  # a call outlives the restart of a broker
    task_acks_late = True  # a worker that dies leaves its messages with the broker
    task_retry_on_worker_lost = True  # a task whose process dies runs again, max_retries times
    worker_prefetch_multiplier = 1  # a worker that dies holds few messages
    worker_soft_shutdown_timeout = 10  # after SIGQUIT a task has time to end
    worker_cancel_long_running_tasks_on_connection_loss = True  # its message comes back
    task_soft_time_limit = 270  # a task that hangs ends
    task_time_limit = 300  # less than visibility_timeout, or Redis has it run twice
    result_backend_always_retry = True  # a result waits for a backend that is away


app = Celery('vege5')
app.config_from_object(Config)


@contextlib.contextmanager
def transaction() -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect('vege5.sqlite3', timeout=30)) as database, database:
        database.execute('CREATE TABLE IF NOT EXISTS deposits (amount INTEGER)')
        database.execute('CREATE TABLE IF NOT EXISTS keys (key TEXT PRIMARY KEY)')
        yield database


@app.task(default_retry_delay=1)
def deposit(amount: int) -> None:
    with transaction() as database:
        database.execute('INSERT INTO deposits VALUES (?)', (amount,))


@app.task(default_retry_delay=1)
def deposit_once(key: str, amount: int) -> None:
    # The key and the deposit are written together, or neither of them is.
    with transaction() as database:
        if database.execute('INSERT OR IGNORE INTO keys VALUES (?)', (key,)).rowcount:
            database.execute('INSERT INTO deposits VALUES (?)', (amount,))
