"""A task that lasts as long as a test wants: until a file is there.

celery -A tests.live.held worker -l info
"""

import time
from pathlib import Path

from celery import Celery

app = Celery('held')


@app.task(name='held.wait_for')
def wait_for(path: str) -> str:
    Path(f'{path}.begun').touch()
    while not Path(path).exists():
        time.sleep(0.05)
    return 'released'
