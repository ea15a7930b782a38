"""The command line: python -m lab.throughput, as make throughput calls it."""

import argparse
import os
import signal
import sys
from pathlib import Path

from playground import environment, preconditions
from playground.errors import PlaygroundError

MODULE = 'lab.throughput'
USAGE_ERROR = 2

YES, NO = ('1',), ('', '0')


def main() -> int:
    """Measure, and return the exit status: 2 for what the reader can mend."""
    parser = argparse.ArgumentParser(
        prog=f'python -m {MODULE}', description='Measures which setting is fast.'
    )
    parser.add_argument('--peers', default='', metavar='1', help='other libraries beside it')
    parser.add_argument('--full', default='', metavar='1', help='all of it, several times')
    parser.add_argument('--results', default='', metavar='FILE', help='where the figures go')
    arguments = parser.parse_args()
    try:
        for name in ('peers', 'full'):
            value = getattr(arguments, name)
            if value not in YES + NO:
                raise PlaygroundError(
                    f'{name.upper()} is {value!r}: {name.upper()}=1 turns it on, and nothing off'
                )
        preconditions.check()
        return _run(arguments)
    except PlaygroundError as error:
        print(f'throughput: {error}', file=sys.stderr)
        return USAGE_ERROR


def _run(arguments: argparse.Namespace) -> int:
    """What obeys the environment is imported only here."""
    from lab.throughput import run
    from playground.session import end_on

    end_on(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    path = Path(arguments.results) if arguments.results else None
    return run.run(arguments.peers in YES, arguments.full in YES, path)


if environment.clean_this_process():
    os.execv(sys.executable, [sys.executable, '-m', MODULE, *sys.argv[1:]])
sys.exit(main())
