"""The command line: python -m lab.throughput, as make throughput calls it."""

import argparse
import sys

from lab import command_line

MODULE = 'lab.throughput'
SWITCHES = {
    'peers': 'PEERS=1 turns it on, and nothing off',
    'full': 'FULL=1 turns it on, and nothing off',
}


def start(arguments: argparse.Namespace) -> int:
    """Measure."""
    from lab.throughput import run

    return run.run(arguments.peers, arguments.full, arguments.results)


parser = argparse.ArgumentParser(
    prog=f'python -m {MODULE}', description='Measures which setting is fast.'
)
parser.add_argument('--peers', default='', metavar='1', help='other libraries beside it')
parser.add_argument('--full', default='', metavar='1', help='all of it, several times')
sys.exit(command_line.run(MODULE, parser, SWITCHES, start))
