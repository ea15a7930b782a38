"""The command line: python -m lab.faults, as make faults calls it."""

import argparse
import sys

from lab import command_line

MODULE = 'lab.faults'
SWITCHES = {'quick': 'QUICK=1 makes it short, and nothing makes it full'}


def start(arguments: argparse.Namespace) -> int:
    """Run the experiments."""
    from lab.faults import run

    return run.run(arguments.fault or None, arguments.quick, arguments.results)


parser = argparse.ArgumentParser(
    prog=f'python -m {MODULE}', description='Counts what is lost when something dies.'
)
parser.add_argument('--fault', default='', metavar='NAME', help='one of them; else all')
parser.add_argument('--quick', default='', metavar='1', help='a few strikes of each')
sys.exit(command_line.run(MODULE, parser, SWITCHES, start))
