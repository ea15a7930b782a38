"""The health of a worker: python -m containers.health fails if a new start may help.

A worker that runs with ``-I containers.heartbeat`` touches a file every two seconds, while it is
connected to its broker. If the file is old, either the worker is stuck, or the broker is away.
Then a new worker has no broker either, so only the first is a failure. ``celery inspect ping``
fails in both cases, and imports Celery and the app each time.
"""

import contextlib
import socket
import sys
import time
from pathlib import Path

from containers.addresses import BROKER_PORT, HOSTS

FILE = Path('/tmp/heartbeat')
LATE_SECONDS = 10.0
ANSWER_SECONDS = 1.0


def heartbeat_is_late() -> bool:
    """Tell whether the worker has not been connected to its broker for a while."""
    return not FILE.exists() or time.time() - FILE.stat().st_mtime > LATE_SECONDS


def broker_answers() -> bool:
    """Tell whether something accepts connections where the broker, or a node of it, should be."""
    for host in HOSTS:
        with contextlib.suppress(OSError):
            socket.create_connection((host, BROKER_PORT), ANSWER_SECONDS).close()
            return True
    return False


if __name__ == '__main__':
    sys.exit(heartbeat_is_late() and broker_answers())
