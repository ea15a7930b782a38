"""The projects of examples/: each can be copied, and asks for the versions of the notes."""

from pathlib import Path

import pytest

from playground.virtual_environment import REPOSITORY
from tests.live.projects import PROJECTS, commands
from tests.test_requirements import pins


@pytest.fixture(params=PROJECTS, ids=lambda path: path.name)
def project(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def test_it_asks_for_the_versions_of_the_notes(project: Path) -> None:
    own = pins(f'examples/{project.name}/requirements.txt')
    known = {**pins('requirements.txt'), **pins('requirements-production.txt')}
    assert own.items() <= known.items()


def test_its_readme_has_what_a_reader_types(project: Path) -> None:
    text = (project / 'README.md').read_text()
    assert 'pip install -r requirements.txt' in text
    assert len(commands(project.name)) >= 2


def test_the_page_has_its_commands(project: Path) -> None:
    page = (REPOSITORY / 'production.md').read_text()
    assert [command for command in commands(project.name) if command not in page] == []
