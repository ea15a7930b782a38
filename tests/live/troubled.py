"""Mistakes in tasks, each beside its cure, which is done: troubleshooting.md.

celery -A tests.live.troubled worker -l info
"""

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

from celery import Celery, Task

app = Celery('tests.live.troubled', set_as_current=False)
app.conf.task_default_queue = 'troubled'


@app.task
def done(*_: Any) -> str:
    return 'done'


@app.task
def unbound(self: Task) -> str:
    return 'done'


@app.task(bind=True)
def bound(self: Task) -> str:
    return 'done'


@app.task
def returns_a_set() -> Any:
    return {'done'}


@app.task
async def coroutine() -> str:
    return 'done'


@app.task
def runs_a_coroutine() -> str:
    return asyncio.run(asyncio.sleep(0, 'done'))


@app.task
def waits() -> Any:
    return done.delay().get()


@app.task(bind=True)
def hands_on(self: Task) -> None:
    self.replace(done.s())


@app.task
def has_children() -> None:
    multiprocessing.Process(target=print).start()


@app.task
def runs_a_program() -> str:
    return subprocess.check_output(['printf', 'done'], text=True)


@app.task(bind=True, max_retries=0)
def gives_up(self: Task) -> None:
    self.retry(countdown=0)


@app.task(bind=True, max_retries=1)
def tries_again(self: Task) -> str:
    if not self.request.retries:
        self.retry(countdown=0)
    return 'done'


class LockedError(Exception):
    """Carries what cannot be sent from one process to another."""


@app.task
def raises_a_lock() -> None:
    raise LockedError(threading.Lock())


@app.task
def raises_words() -> None:
    raise LockedError('done')


@app.task
def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@app.task
def crashes() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


@app.task
def exits() -> None:
    sys.exit(1)


@app.task(time_limit=1)
def ignores_the_time() -> None:
    time.sleep(600)


@app.task(soft_time_limit=1)
def hears_of_the_time() -> None:
    time.sleep(600)


@app.task
def fails() -> None:
    raise ValueError('no')


@app.task
def has_no_memory() -> None:
    raise MemoryError
