"""Outlives the launcher and clears up after it: python -m playground.guardian SESSION.

The launcher holds the other end of this program's standard input, and names there what to
remove. The end of that stream is the one thing that every ending of the launcher has in common:
success, failure, Ctrl-C, SIGTERM, kill -9.
"""

import json
import shutil
import signal
import sys
from pathlib import Path

from playground import processes


def main(session: str) -> None:
    """Wait for the launcher's end, then end its processes and remove its files.

    Args:
        session: the mark of the processes to end.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    paths = [Path(json.loads(line)) for line in sys.stdin]
    processes.end_session(session)
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


if __name__ == '__main__':
    main(sys.argv[1])
