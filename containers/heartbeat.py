"""The health of a worker in a container: celery worker -I containers.heartbeat.

A worker that is connected to its broker sends a heartbeat every two seconds. Here each one touches
a file, and ``python -m containers.heartbeat`` fails if the last one was too long ago. ``celery
inspect ping`` would import the app and connect to the broker, each time.
"""

import sys
import time
from pathlib import Path

from celery.signals import heartbeat_sent

FILE = Path('/tmp/heartbeat')
SECONDS = 10.0


@heartbeat_sent.connect
def touch(**kwargs: object) -> None:
    FILE.touch()


if __name__ == '__main__':
    sys.exit(not FILE.exists() or time.time() - FILE.stat().st_mtime > SECONDS)
