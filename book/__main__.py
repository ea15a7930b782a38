"""The command line: python -m book, as make book calls it."""

import argparse
import os
import signal
import sys
from types import FrameType

from playground import environment, preconditions
from playground.errors import PlaygroundError
from playground.switch import ON, is_on
from playground.virtual_environment import REPOSITORY

MODULE = 'book'
USAGE_ERROR = 2
MEANING = 'SERVE=1 shows the book, and nothing only makes it'

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    """Build the book, show it if asked to, and return the exit status: 2 for what can be mended."""
    parser = argparse.ArgumentParser(
        prog=f'python -m {MODULE}',
        description='Makes a web site of the notes, for reading offline.',
    )
    parser.add_argument('--serve', default='', metavar='1', help='show it until Ctrl-C')
    arguments = parser.parse_args()
    for number in ENDING:
        signal.signal(number, _end)
    try:
        shown = is_on('SERVE', arguments.serve, MEANING)
        preconditions.check()
        return _run(shown)
    except PlaygroundError as error:
        print(f'book: {error}', file=sys.stderr)
        return USAGE_ERROR
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 0 if arguments.serve == ON else 128 + signal.SIGINT


def _run(shown: bool) -> int:
    """What obeys the environment is imported only here."""
    from book import build, serve

    folder = build.build()
    archive = folder.with_name(build.ARCHIVE)
    for path, what in ((folder / 'index.html', 'its first page'), (archive, 'all of it')):
        print(f'{path.relative_to(REPOSITORY)} is {what}.', flush=True)
    if shown:
        serve.serve(folder)
    return 0


def _end(number: int, frame: FrameType | None) -> None:
    """Remove what is half made, whatever comes meanwhile."""
    for each in ENDING:
        signal.signal(each, signal.SIG_IGN)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(128 + number)


if environment.clean_this_process():
    os.execv(sys.executable, [sys.executable, '-m', MODULE, *sys.argv[1:]])
sys.exit(main())
