"""Nothing lost: settings that survive a kill, a task that may run twice. production.md, chapter 12.

celery -A vege5 worker -l info -c 2
"""

import sqlite3
from contextlib import closing
from typing import Any

from celery import Celery
from celery.worker.consumer import Consumer


class RefusingConsumer(Consumer):
    def create_task_handler(self) -> Any:
        handle = super().create_task_handler()

        def handle_or_refuse(message: Any) -> None:
            try:
                hard, soft = message.headers.get('timelimit') or (0, 0)
                max(hard or 0, soft or 0, 0)  # a limit that is no number raises TypeError
                handle(message)
            except (AttributeError, LookupError, TypeError, ValueError) as error:
                if not message.acknowledged:
                    self.on_invalid_task(None, message, error)

        return handle_or_refuse


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'vege5'
    task_default_queue_type = 'quorum'  # RabbitMQ writes each message to disk
    task_default_exchange_type = 'topic'  # a countdown waits in RabbitMQ, not in a worker
    # RabbitMQ: a call waits until it has the message. Redis: it gives a dead worker's back.
    broker_transport_options = {'confirm_publish': True, 'visibility_timeout': 600}
    task_publish_retry_policy = {'max_retries': 20}  # a call outlives the restart of a broker
    task_acks_late = True  # a worker that dies leaves its messages with the broker
    task_retry_on_worker_lost = task_reject_on_worker_lost = True  # a task outlives its process
    worker_prefetch_multiplier = 1  # a worker that dies holds few messages
    worker_soft_shutdown_timeout = 10  # after SIGQUIT a task has time to end
    worker_cancel_long_running_tasks_on_connection_loss = True  # its message comes back
    worker_consumer = RefusingConsumer  # a message that Celery cannot take ends no worker
    control_queue_exclusive = event_queue_exclusive = False  # a worker outlives the node of
    control_queue_durable = event_queue_durable = True  # a RabbitMQ cluster that it talks to
    task_soft_time_limit = 270  # a task that hangs ends
    task_time_limit = 300  # less than visibility_timeout, or Redis has it run twice
    result_backend_always_retry = True  # a result waits for a backend that is away


app = Celery('vege5', config_source=Config)


@app.task(default_retry_delay=1)
def deposit(amount: int, key: str | None = None) -> None:
    with closing(sqlite3.connect('vege5.sqlite3', timeout=30)) as database, database:
        database.execute('CREATE TABLE IF NOT EXISTS deposits (amount INTEGER, key TEXT UNIQUE)')
        # A key that is there already is left alone; without a key, each run makes a deposit.
        database.execute('INSERT OR IGNORE INTO deposits VALUES (?, ?)', (amount, key))
