"""The command line: python -m lab.faults, as make faults calls it."""

import argparse
import os
import signal
import sys
from pathlib import Path

from playground import environment, preconditions
from playground.errors import PlaygroundError

MODULE = 'lab.faults'
USAGE_ERROR = 2

YES, NO = ('1',), ('', '0')


def main() -> int:
    """Run the experiments and return the exit status: 2 for what the reader can mend."""
    parser = argparse.ArgumentParser(
        prog=f'python -m {MODULE}', description='Counts what is lost when something dies.'
    )
    parser.add_argument('--fault', default='', metavar='NAME', help='one of them; else all')
    parser.add_argument('--quick', default='', metavar='1', help='a few strikes of each')
    parser.add_argument('--results', default='', metavar='FILE', help='where the counts go')
    arguments = parser.parse_args()
    try:
        if arguments.quick not in YES + NO:
            raise PlaygroundError(
                f'QUICK is {arguments.quick!r}: QUICK=1 makes it short, and nothing makes it full'
            )
        preconditions.check()
        return _run(arguments)
    except PlaygroundError as error:
        print(f'faults: {error}', file=sys.stderr)
        return USAGE_ERROR


def _run(arguments: argparse.Namespace) -> int:
    """What obeys the environment is imported only here."""
    from lab.faults import run
    from playground.session import end_on

    end_on(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    path = Path(arguments.results) if arguments.results else None
    return run.run(arguments.fault or None, arguments.quick in YES, path)


if environment.clean_this_process():
    os.execv(sys.executable, [sys.executable, '-m', MODULE, *sys.argv[1:]])
sys.exit(main())
