"""python -m playground COMMAND: makes .venv if needed, then runs the command in it."""

import argparse
import errno
import os
import signal
import sys
from types import FrameType

from playground import preconditions, virtual_environment
from playground.errors import PlaygroundError

USAGE_ERROR = 2

READERS_REQUIREMENTS = 'requirements.txt'
PRODUCTION_REQUIREMENTS = 'requirements-production.txt'
BOOK_REQUIREMENTS = 'book/requirements.txt'
LAB_REQUIREMENTS = 'lab/requirements.txt'
TESTS_REQUIREMENTS = 'requirements-dev.txt'

# What a reader can mend of what an operating system refuses.
CURES = {
    errno.ENOSPC: 'the disk is full, so make room',
    errno.EDQUOT: 'your share of the disk is used up, so make room',
    errno.EROFS: 'clone the notes into a folder of your own',
    errno.EACCES: 'clone the notes into a folder of your own',
    errno.EPERM: 'clone the notes into a folder of your own',
    errno.EMFILE: 'too many files are open, so raise the limit (ulimit -n)',
    errno.EAGAIN: 'too many processes run, so raise the limit (ulimit -u) or end some',
    errno.ENOMEM: 'end some of the programs that run',
}


def main() -> int:
    """Run one command and return the exit status: 2 for what the reader can mend."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    arguments = _parse()
    try:
        preconditions.open_standard_streams()
        if arguments.command != 'setup':
            preconditions.check()
        virtual_environment.NOTES.ensure(arguments.requirements)
        if arguments.command == 'setup':
            return 0
        if sys.prefix != str(virtual_environment.ENVIRONMENT):
            python = str(virtual_environment.NOTES.python)
            os.execv(python, [python, '-m', 'playground', *sys.argv[1:]])
        return _run(arguments)
    except PlaygroundError as error:
        print(f'playground: {error}', file=sys.stderr)
        return USAGE_ERROR
    except BrokenPipeError:
        return _stop_talking()
    except OSError as error:
        if error.errno not in CURES:
            raise
        where = f' ({error.filename})' if error.filename else ''
        cure = CURES[error.errno]
        print(f'playground: {error.strerror}{where}: {cure}, then run this again', file=sys.stderr)
        return USAGE_ERROR
    except KeyboardInterrupt:
        print('\nplayground: interrupted; everything it started has ended', file=sys.stderr)
        return 128 + signal.SIGINT


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='python -m playground', description='Runs the notes where there is no Docker.'
    )
    parser.set_defaults(backend=None, requirements=READERS_REQUIREMENTS)
    commands = parser.add_subparsers(dest='command', required=True, metavar='COMMAND')
    setup = commands.add_parser('setup', help='make .venv and install the requirements')
    setup.add_argument(
        '--production',
        dest='requirements',
        action='store_const',
        const=PRODUCTION_REQUIREMENTS,
        help='those of production.md too',
    )
    setup.add_argument(
        '--book',
        dest='requirements',
        action='store_const',
        const=BOOK_REQUIREMENTS,
        help='those of the book too',
    )
    setup.add_argument(
        '--lab',
        dest='requirements',
        action='store_const',
        const=LAB_REQUIREMENTS,
        help='those of the labs too',
    )
    setup.add_argument(
        '--dev',
        dest='requirements',
        action='store_const',
        const=TESTS_REQUIREMENTS,
        help='those of the tests too',
    )
    # Its options have a default of their own, which wins over the one above.
    setup.set_defaults(requirements=READERS_REQUIREMENTS)
    backend = argparse.ArgumentParser(add_help=False)
    backend.add_argument(
        '--backend',
        metavar='NAME',
        help='compose, native or embedded; without it, compose if it answers, else embedded',
    )
    commands.add_parser('demo', parents=[backend], help='run the notes’ tasks and end by itself')
    play = commands.add_parser(
        'play', parents=[backend], help='keep the services running until Ctrl-C'
    )
    play.add_argument(
        '--flower-port', type=_port, metavar='PORT', help='where Flower listens, if not on 5555'
    )
    database = commands.add_parser('database', help='keep a PostgreSQL running until Ctrl-C')
    database.set_defaults(requirements=PRODUCTION_REQUIREMENTS)
    timeline = commands.add_parser('timeline', help='draw which process ran what, as pictures')
    timeline.add_argument('canvas', nargs='?', help='one of vege4.py; without it, all of them')
    timeline.set_defaults(requirements=TESTS_REQUIREMENTS)
    pictures = commands.add_parser('pictures', help='take the pictures of README.md; needs Docker')
    pictures.set_defaults(requirements=TESTS_REQUIREMENTS)
    # __main__ has it run before the environment is cleaned; here it is for the list of commands.
    commands.add_parser(
        'doctor', help='say what is wrong with your own set-up; -h lists its options'
    )
    return parser.parse_args()


def _run(arguments: argparse.Namespace) -> int:
    """The commands need what requirements.txt brings, so they are imported only here."""
    from playground.session import end_on

    end_on(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    if arguments.command == 'demo':
        from playground import demo

        return demo.run(arguments.backend or None)
    if arguments.command == 'database':
        from playground import database

        return database.run()
    if arguments.command == 'timeline':
        from playground.timeline import run

        return run.run(arguments.canvas)
    if arguments.command == 'pictures':
        from playground.pictures import run as pictures

        return pictures.run()
    from playground import play

    return play.run(arguments.backend or None, arguments.flower_port)


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f'a port is a number from 1 to 65535, not {text!r}')
    return int(text)


def _stop_talking() -> int:
    """Nobody reads what we say any more, as after `make demo | head`: rich ends with 1, too."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)
