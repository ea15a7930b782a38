"""A free port is given to one process only."""

import subprocess
import sys

import pytest

from playground import ports
from playground.virtual_environment import REPOSITORY

SECONDS = 30.0

CHOOSE = """
from playground import ports
ports.FREE_PORTS = range({port}, {port} + 1)
print(ports.free_port())
"""


def test_a_port_is_not_given_away_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    port = ports.free_port()
    assert ports.is_free(port)
    monkeypatch.setattr(ports, 'FREE_PORTS', range(port, port + 1))
    with pytest.raises(OSError, match=f'no free port between {port}'):
        ports.free_port()


def test_another_process_does_not_get_it_either() -> None:
    port = ports.free_port()
    other = subprocess.run(
        [sys.executable, '-c', CHOOSE.format(port=port)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert other.stdout == ''
    assert f'OSError: no free port between {port}' in other.stderr
