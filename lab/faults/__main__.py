"""The command line: python -m lab.faults, as make faults calls it."""

import argparse
import sys
from pathlib import Path

from lab import command_line

MODULE = 'lab.faults'
SWITCHES = {'quick': 'QUICK=1 makes it short, and nothing makes it full'}


def start(arguments: argparse.Namespace) -> int:
    """Run the experiments."""
    from lab.faults import run

    path = Path(arguments.results) if arguments.results else None
    return run.run(arguments.fault or None, arguments.quick, path)


parser = argparse.ArgumentParser(
    prog=f'python -m {MODULE}', description='Counts what is lost when something dies.'
)
parser.add_argument('--fault', default='', metavar='NAME', help='one of them; else all')
parser.add_argument('--quick', default='', metavar='1', help='a few strikes of each')
parser.add_argument('--results', default='', metavar='FILE', help='where the counts go')
sys.exit(command_line.run(MODULE, parser, SWITCHES, start))
