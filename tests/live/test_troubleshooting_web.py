"""What Django tells a program that uses its models where it may not: troubleshooting.md."""

import subprocess
import sys

import pytest

from playground.terminal import reader_environment
from playground.virtual_environment import REPOSITORY

SECONDS = 60.0

IMPORT = 'from tea_orders.models import Order'
SETTINGS = 'import os; os.environ["DJANGO_SETTINGS_MODULE"] = "teashop.settings"'
SET_UP = f'{SETTINGS}; import django; django.setup()'
RUN = (
    f'{SET_UP}; import asyncio; from django.db import connection;'
    ' connection.settings_dict["NAME"] = ":memory:"'
)
CONNECT = 'connection.ensure_connection'

# What Python says last, the program, and the program put right.
MISTAKES = [
    (
        'django.core.exceptions.ImproperlyConfigured: Requested setting INSTALLED_APPS,'
        ' but settings are not configured.',
        IMPORT,
        f'{SET_UP}\n{IMPORT}',
    ),
    (
        "django.core.exceptions.AppRegistryNotReady: Apps aren't loaded yet.",
        f'{SETTINGS}\n{IMPORT}',
        f'{SET_UP}\n{IMPORT}',
    ),
    (
        'django.core.exceptions.SynchronousOnlyOperation: You cannot call this from an async'
        ' context - use a thread or sync_to_async.',
        f'{RUN}\nasync def view(): {CONNECT}()\nasyncio.run(view())',
        f'{RUN}\nasync def view(): await asyncio.to_thread({CONNECT})\nasyncio.run(view())',
    ),
]


@pytest.mark.parametrize(('message', 'wrong', 'right'), MISTAKES)
def test_what_django_says(message: str, wrong: str, right: str) -> None:
    status, said = run(wrong)
    assert status == 1
    assert message in said.splitlines()[-1]
    assert run(right) == (0, '')


def run(program: str) -> tuple[int, str]:
    """Run a program in the folder of the project; nothing is written there."""
    ended = subprocess.run(
        [sys.executable, '-B', '-c', program],
        cwd=REPOSITORY / 'examples' / 'django_project',
        env=reader_environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    return ended.returncode, ended.stderr
