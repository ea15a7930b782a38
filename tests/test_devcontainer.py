"""What an editor or Codespaces reads in .devcontainer/devcontainer.json is so."""

import json
import re
import tomllib
from typing import Any

import pytest
import yaml

from playground.compose_file import ComposeFile
from playground.virtual_environment import REPOSITORY

# The image's own version, its Python, and its Debian, as in python:3-3.13-trixie.
IMAGE = re.compile(r'mcr\.microsoft\.com/devcontainers/python:\d+-3\.(\d+)-[a-z]+')


@pytest.fixture(scope='module')
def container() -> dict[str, Any]:
    settings: dict[str, Any] = json.loads(
        (REPOSITORY / '.devcontainer' / 'devcontainer.json').read_text()
    )
    return settings


def test_its_python_is_one_that_the_notes_are_tested_with(container: dict[str, Any]) -> None:
    image = IMAGE.fullmatch(container['image'])
    assert image, 'the image is not pinned'
    project = tomllib.loads((REPOSITORY / 'pyproject.toml').read_text())['project']
    oldest = re.fullmatch(r'>=3\.(\d+)', project['requires-python'])
    assert oldest
    workflow = yaml.safe_load((REPOSITORY / '.github' / 'workflows' / 'ci.yml').read_text())
    tested = workflow['jobs']['test']['strategy']['matrix']['python']
    newest = max(int(version.removeprefix('3.')) for version in tested)
    assert int(oldest[1]) <= int(image[1]) <= newest


def test_its_commands_are_targets(container: dict[str, Any]) -> None:
    targets = re.findall(r'^(\w+): .*## ', (REPOSITORY / 'Makefile').read_text(), re.MULTILINE)
    commands = {name: text for name, text in container.items() if name.endswith('Command')}
    assert set(commands) == {'postCreateCommand', 'postAttachCommand'}
    for text in commands.values():
        program, *target = text.split()
        assert program == 'make'
        assert set(target) <= set(targets)


def test_it_forwards_flowers_port(container: dict[str, Any], compose_settings: ComposeFile) -> None:
    assert container['forwardPorts'] == [compose_settings.flower_port]
    assert set(container['portsAttributes']) == {str(compose_settings.flower_port)}


def test_the_editors_python_is_the_one_with_the_packages(container: dict[str, Any]) -> None:
    path = container['customizations']['vscode']['settings']['python.defaultInterpreterPath']
    inside = path.removeprefix('${containerWorkspaceFolder}/')
    assert inside != path
    assert (REPOSITORY / inside).exists()
