"""A virtual environment beside .venv, as the throughput lab has two."""

from pathlib import Path

import pytest

from playground.errors import PlaygroundError
from playground.ports import LOOPBACK, free_port
from playground.virtual_environment import VirtualEnvironment

REQUIREMENTS = 'lab/throughput/requirements-peers.txt'


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> VirtualEnvironment:
    """One that cannot be filled, for there is no package index."""
    index = f'http://{LOOPBACK}:{free_port()}/simple'
    monkeypatch.setenv('PIP_CONFIG_FILE', '/dev/null')
    monkeypatch.setenv('PIP_EXTRA_INDEX_URL', '')
    monkeypatch.setenv('PIP_FIND_LINKS', '')
    pip = {'PIP_INDEX_URL': index}
    name = '.venv-peers'
    return VirtualEnvironment(name, tmp_path / name, 'import huey', variables=pip)


def test_it_says_why_it_is_not_filled(environment: VirtualEnvironment) -> None:
    with pytest.raises(PlaygroundError, match='the package index cannot be reached'):
        environment.ensure(REQUIREMENTS)
    assert not environment.is_current(REQUIREMENTS)


def test_a_file_in_its_place_is_left_alone(environment: VirtualEnvironment) -> None:
    environment.folder.write_text('mine')
    with pytest.raises(PlaygroundError, match='is a file, and the virtual environment must have'):
        environment.ensure(REQUIREMENTS)
    assert environment.folder.read_text() == 'mine'
