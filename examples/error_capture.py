"""Each failure is a line of errors.jsonl, with what explains it. production.md, chapter 8.

celery -A examples.error_capture worker -l info -c 1 -n errors@localhost
"""

import inspect
import json
import os
import time
from pathlib import Path
from typing import Any

from celery import Celery, Task
from celery.signals import task_failure, task_internal_error, task_rejected, task_unknown
from kombu import Message

SECRET = {'password', 'token'}


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'error_capture'


app = Celery('examples.error_capture')
app.config_from_object(Config)


def report(**what: object) -> None:
    with Path('errors.jsonl').open('a') as file:
        file.write(json.dumps(what) + '\n')


@task_failure.connect
@task_internal_error.connect
def failed(
    sender: Task, task_id: str, exception: Exception, args: Any, kwargs: Any, **more: Any
) -> None:
    try:
        arguments = inspect.signature(sender.run).bind_partial(*args, **kwargs).arguments
    except TypeError:  # they do not fit the task, and the error says so
        arguments = {}
    report(
        task=sender.name,
        id=task_id,
        root_id=sender.request.root_id,
        retries=sender.request.retries,
        arguments={name: '***' if name in SECRET else repr(arguments[name]) for name in arguments},
        error=repr(exception),
        traceback=str(more['einfo']),
    )


@task_unknown.connect
def unknown(name: str, id: str, message: Message, **_: object) -> None:
    report(task=name, id=id, root_id=message.headers.get('root_id'), error='unknown task')


@task_rejected.connect
def rejected(message: Message, exc: Exception | None, **_: object) -> None:
    report(id=message.headers.get('id'), error=repr(exc))


@app.task
def log_in(name: str, password: str) -> None:
    raise PermissionError(f'{name} may not')


@app.task(time_limit=1)
def too_long() -> None:
    time.sleep(60)


@app.task
def killed() -> None:
    os.kill(os.getpid(), 9)
