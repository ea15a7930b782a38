"""What the command lines of the labs have in common."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from playground import environment, preconditions
from playground.errors import PlaygroundError
from playground.switch import is_on

USAGE_ERROR = 2


def run(
    module: str,
    parser: argparse.ArgumentParser,
    switches: Mapping[str, str],
    start: Callable[[argparse.Namespace], int],
) -> int:
    """Run a lab in a clean environment; Ctrl-C and the like end what it has started.

    Args:
        module: what ``python -m`` runs, as in ``lab.faults``; its last part begins each message.
        parser: of its options; that of the results file is added here.
        switches: the options that are on or off, and what each means, for the message.
        start: runs it; what obeys the environment is imported only there.

    Returns:
        The exit status: 2 for what the reader can mend.
    """
    if environment.clean_this_process():
        os.execv(sys.executable, [sys.executable, '-m', module, *sys.argv[1:]])
    parser.add_argument(
        '--results', default='', type=_path, metavar='FILE', help='where what was found goes'
    )
    arguments = parser.parse_args()
    try:
        for name, meaning in switches.items():
            setattr(arguments, name, is_on(name.upper(), getattr(arguments, name), meaning))
        preconditions.check()
        from playground.session import end_on

        end_on(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        return start(arguments)
    except PlaygroundError as error:
        print(f'{module.rpartition(".")[2]}: {error}', file=sys.stderr)
        return USAGE_ERROR


def _path(name: str) -> Path | None:
    return Path(name) if name else None
