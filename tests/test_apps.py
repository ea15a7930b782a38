"""What all apps of the notes have in common, read from their source."""

import ast
from pathlib import Path
from typing import Any, TypeVar

import pytest

from playground.compose_file import ComposeFile
from playground.virtual_environment import REPOSITORY
from tests import app_head

# It runs alone, in a folder of the reader's.
OWN_PROGRAM = 'own_program'

APPS = [
    path
    for folder in (REPOSITORY, REPOSITORY / 'examples', REPOSITORY / OWN_PROGRAM)
    for path in sorted(folder.glob('*.py'))
    if 'Celery(' in path.read_text()
]

# Other apps have a queue that is named after them.
QUEUES = {
    **dict.fromkeys(('vege', 'vege1', 'vege2', 'app_signals', 'event_receiver'), None),
    # It asks for the lengths of others' queues.
    'queue_exporter': None,
    'vege3': 'general',
    'tasks': OWN_PROGRAM,
}

# That of docker-compose.cluster.yml, which runs beside the others.
RESULT_BACKENDS = {'cluster': 'redis://localhost:6381/'}

FOLDERS = {'basic_setup', 'examples', 'lab', 'playground', 'tests'}

Node = TypeVar('Node', bound=ast.AST)


def nodes(source: ast.Module, kind: type[Node]) -> list[Node]:
    return [node for node in ast.walk(source) if isinstance(node, kind)]


@pytest.fixture(params=APPS, ids=lambda path: path.name)
def path(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


@pytest.fixture
def source(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@pytest.fixture
def settings(source: ast.Module) -> dict[str, Any]:
    """The settings in the class Config that are texts, numbers and the like."""
    [body] = [node.body for node in nodes(source, ast.ClassDef) if node.name == 'Config'] or [[]]
    return {
        ast.unparse(line.targets[0]): line.value.value
        for line in body
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant)
    }


def test_an_app_talks_to_the_services_of_the_notes(
    path: Path, settings: dict[str, Any], compose_settings: ComposeFile
) -> None:
    result_backend = compose_settings.result_backend
    services = {
        'broker_url': compose_settings.broker_url,
        'result_backend': RESULT_BACKENDS.get(path.stem, result_backend),
    }
    for name, value in services.items():
        assert settings.get(name, value) == value


def test_an_app_has_a_queue_of_its_own(path: Path, settings: dict[str, Any]) -> None:
    assert settings.get('task_default_queue') == QUEUES.get(path.stem, path.stem)


def test_an_app_is_named_after_its_module(path: Path, source: ast.Module) -> None:
    """Its tasks then have the same names when it runs as a script."""
    [call] = [call for call in nodes(source, ast.Call) if ast.unparse(call.func) == 'Celery']
    module = '.'.join(path.relative_to(REPOSITORY).with_suffix('').parts)
    module = module.removeprefix(f'{OWN_PROGRAM}.')
    assert [ast.literal_eval(argument) for argument in call.args] == [module]


def test_an_app_stands_alone(source: ast.Module) -> None:
    ours = {path.stem for path in REPOSITORY.glob('*.py')} | FOLDERS
    modules = [alias.name for node in nodes(source, ast.Import) for alias in node.names]
    modules += [node.module or '' for node in nodes(source, ast.ImportFrom)]
    assert {name.partition('.')[0] for name in modules} & ours == set()


def test_an_app_tells_its_chapter(path: Path) -> None:
    head = app_head.read(path)
    page = (REPOSITORY / head.page).read_text()
    for number in head.chapters:
        assert f'\n## {number}. ' in page


def test_a_name_of_a_task_means_one_task() -> None:
    """The same arguments and the same kind of answer, wherever the name stands."""
    found: dict[str, set[str]] = {}
    for path in [*APPS, REPOSITORY / 'basic_setup' / 'tasks.py']:
        for function in nodes(ast.parse(path.read_text()), ast.FunctionDef):
            if any('app.task' in ast.unparse(decorator) for decorator in function.decorator_list):
                answer = ast.unparse(function.returns) if function.returns else ''
                meaning = f'{ast.unparse(function.args)} -> {answer}'
                found.setdefault(function.name, set()).add(meaning)
    assert len(found) > 20
    assert {name: meanings for name, meanings in found.items() if len(meanings) > 1} == {}
