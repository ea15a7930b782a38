"""The app of the experiments' workers and of their caller."""

import os
import time
from pathlib import Path

from celery import Celery

from lab.faults.ledger import Ledger
from lab.faults.profiles import settings

NAME = 'lab.faults.app'
PROFILE, QUEUE, LEDGER = 'FAULTS_PROFILE', 'FAULTS_QUEUE', 'FAULTS_LEDGER'

app = Celery(NAME)
if PROFILE in os.environ:
    app.conf.update(settings(os.environ[PROFILE], os.environ[QUEUE]))


@app.task(name=f'{NAME}.work', default_retry_delay=1)
def work(number: int, before: float, after: float) -> None:
    """Note the start, do the effect between two times of work, and note the end."""
    ledger = Ledger(Path(os.environ[LEDGER]))
    ledger.start(number)
    time.sleep(before)
    ledger.effect(number)
    time.sleep(after)
    ledger.end(number)
