"""The app of the experiments' workers, beats and of their caller."""

import json
import os
import signal
import time
from datetime import timedelta
from pathlib import Path

from celery import Celery
from celery.beat import BeatLazyFunc
from celery.schedules import schedule

from lab.faults.clock import follow
from lab.faults.ledger import Ledger
from lab.faults.profiles import settings

NAME = 'lab.faults.app'
PROFILE, QUEUE, LEDGER = 'FAULTS_PROFILE', 'FAULTS_QUEUE', 'FAULTS_LEDGER'
SETTINGS = 'FAULTS_SETTINGS'
# The clock of a program that has one of its own.
CLOCK = 'FAULTS_CLOCK'

# A slot of beat; longer than its start on a machine that has nothing else to do.
SLOT_SECONDS = 2

KEPT: list[bytes] = []

right_time = follow(Path(os.environ[CLOCK])) if CLOCK in os.environ else time.time


def slot() -> int:
    """The number of the present slot, the same for all programs of a machine."""
    return int(right_time() // SLOT_SECONDS)


app = Celery(NAME)
if PROFILE in os.environ:
    further = json.loads(os.environ[SETTINGS])
    app.conf.update(settings(os.environ[PROFILE], os.environ[QUEUE], further))
app.conf.beat_schedule = {
    'tick': {
        'task': f'{NAME}.work',
        # Relative: at whole seconds of the clock, not of the start of beat.
        'schedule': schedule(timedelta(seconds=SLOT_SECONDS), relative=True),
        # The number of the task, and its key, is the slot in which beat has sent it.
        'args': (BeatLazyFunc(slot), 0, 0),
    }
}


@app.task(name=f'{NAME}.work', default_retry_delay=1)
def work(number: int, before: float, after: float) -> None:
    """Note the start, do the effect between two times of work, and note the end."""
    ledger = Ledger(Path(os.environ[LEDGER]))
    ledger.start(number)
    time.sleep(before)
    ledger.effect(number)
    time.sleep(after)
    ledger.end(number)


@app.task(name=f'{NAME}.leak')
def leak(number: int, megabytes: int) -> None:
    """Work, and keep memory for ever."""
    KEPT.append(b'x' * (megabytes * 1_000_000))
    work(number, 0.05, 0)


@app.task(name=f'{NAME}.poison', default_retry_delay=1)
def poison(number: int) -> None:
    """End the process that runs it, each time."""
    Ledger(Path(os.environ[LEDGER])).start(number)
    os.kill(os.getpid(), signal.SIGKILL)
