"""The rules of examples/watching/, asked without a server."""

import subprocess

import pytest

from playground.virtual_environment import REPOSITORY
from tests.backends import lacks_prometheus

SECONDS = 60.0


@pytest.mark.parametrize(
    'arguments',
    [
        ('check', 'config', 'examples/watching/prometheus.yml'),
        ('test', 'rules', 'tests/watching_rules.yml'),
    ],
    ids=' '.join,
)
def test_promtool_agrees(pytestconfig: pytest.Config, arguments: tuple[str, ...]) -> None:
    if reason := lacks_prometheus(pytestconfig):
        pytest.skip(reason)
    ended = subprocess.run(
        ['promtool', *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
