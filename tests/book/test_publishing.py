"""The workflow that publishes the book: from main alone, and a preview for everything else."""

import re
import tomllib
from typing import Any

import pytest
import yaml

from book import build, github
from playground.virtual_environment import REPOSITORY
from tests.book.conftest import GITHUB_NAME, Book
from tests.book.html_page import read

WORKFLOW = REPOSITORY / '.github' / 'workflows' / 'book.yml'


@pytest.fixture(scope='module')
def workflow() -> dict[Any, Any]:
    loaded: dict[Any, Any] = yaml.safe_load(WORKFLOW.read_text())
    return loaded


def test_it_is_published_from_main_alone(workflow: dict[Any, Any]) -> None:
    # YAML takes the word on for true.
    assert workflow[True] == {'push': {'branches': ['main']}, 'pull_request': None}
    publish = workflow['jobs']['publish']
    assert publish['if'] == "github.event_name == 'push'"
    assert publish['needs'] == 'build'
    assert publish['steps'][-1]['uses'].startswith('actions/deploy-pages@')


def test_a_change_that_is_proposed_can_write_nothing(workflow: dict[Any, Any]) -> None:
    assert workflow['permissions'] == {'contents': 'read'}
    assert 'permissions' not in workflow['jobs']['build']
    assert workflow['jobs']['publish']['permissions'] == {'pages': 'write', 'id-token': 'write'}


def test_it_types_what_a_reader_types_and_takes_what_that_makes(workflow: dict[Any, Any]) -> None:
    steps = workflow['jobs']['build']['steps']
    assert [step['run'] for step in steps if 'run' in step] == ['make book']
    uploads = [step for step in steps if 'upload' in step.get('uses', '')]
    made = (build.BUILD / build.NAME).relative_to(REPOSITORY).as_posix()
    assert [(step['if'], step['with']['path']) for step in uploads] == [
        ("github.event_name == 'pull_request'", made),
        ("github.event_name == 'push'", made),
    ]


def test_its_python_is_the_newest_that_is_named(workflow: dict[Any, Any]) -> None:
    project = tomllib.loads((REPOSITORY / 'pyproject.toml').read_text())['project']
    named = re.findall(r'Python :: (3\.\d+)', ' '.join(project['classifiers']))
    [step] = [
        step for step in workflow['jobs']['build']['steps'] if 'python' in step.get('uses', '')
    ]
    assert step['with'] == {'python-version': named[-1]}


@pytest.mark.parametrize(
    ('page', 'file'),
    [
        ('index', 'README.md'),
        ('production/12-nothing-lost', 'production.md'),
        ('files/examples/retries.py', 'examples/retries.py'),
    ],
)
def test_each_page_leads_to_its_file_on_github(book: Book, page: str, file: str) -> None:
    found = [link for link in read(book.folder / f'{page}.html').all_links if '/edit/' in link]
    assert found == [f'https://github.com/{GITHUB_NAME}/edit/{github.BRANCH}/{file}']


@pytest.mark.parametrize(
    ('address', 'name'),
    [
        ('git@github.com:reader/notes.git', 'reader/notes'),
        ('https://github.com/reader/celery.notes', 'reader/celery.notes'),
        ('https://user:token@github.com/reader/notes.git/', 'reader/notes'),
        ('https://git.example.org/reader/notes.git', None),
        ('/home/reader/github.com', None),
    ],
)
def test_git_says_where_on_github_a_copy_is_from(address: str, name: str | None) -> None:
    assert github.name_in(address) == name
