"""Outlives the launcher and clears up after it: python -m playground.guardian SESSION.

The launcher holds the other end of this program's standard input, and names there what it has
started, what to remove, and what to run. The end of that stream is the one thing that every ending
of the launcher has in common: success, failure, Ctrl-C, SIGTERM, kill -9.
"""

import contextlib
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from playground import processes

# A service has up to 60 seconds to end: docker-compose.yml.
RUN_SECONDS = 120.0


def main(session: str) -> None:
    """Wait for the launcher's end, then end its processes and remove its files.

    Args:
        session: the mark of the processes to end.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    orders = [json.loads(line) for line in sys.stdin]
    started = [processes.Started(**order['started']) for order in orders if 'started' in order]
    processes.end_session(session, started)
    for order in orders:
        if 'run' in order:
            _run(order['run'], order['environment'])
    for path in [Path(order['remove']) for order in orders if 'remove' in order]:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _run(command: list[str], environment: dict[str, str]) -> None:
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=RUN_SECONDS,
        )


if __name__ == '__main__':
    main(sys.argv[1])
