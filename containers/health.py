"""The health of a worker: python -m containers.health fails if a new start may help.

A worker that runs with ``-I containers.heartbeat`` touches a file every two seconds, while it is
connected to its broker. If the file is old, either the worker is stuck, or the broker is away.
Then a new worker has no broker either, so only the first is a failure. ``celery inspect ping``
fails in both cases, and imports Celery and the app each time.
"""

import socket
import sys
import time
from pathlib import Path

from containers.addresses import BROKER

FILE = Path('/tmp/heartbeat')
LATE_SECONDS = 10.0
ANSWER_SECONDS = 3.0


def heartbeat_is_late() -> bool:
    """Tell whether the worker has not been connected to its broker for a while."""
    return not FILE.exists() or time.time() - FILE.stat().st_mtime > LATE_SECONDS


def broker_answers() -> bool:
    """Tell whether something accepts connections where the broker should be."""
    try:
        socket.create_connection(BROKER, ANSWER_SECONDS).close()
    except OSError:
        return False
    return True


if __name__ == '__main__':
    sys.exit(heartbeat_is_late() and broker_answers())
