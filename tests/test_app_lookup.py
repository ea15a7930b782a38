"""The look-up rules of ``celery -A proj``: README.md, chapter 4."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery
from celery.app.utils import find_app

RULES = [
    ('proj/__init__.py', 'app'),
    ('proj/__init__.py', 'celery'),
    ('proj/celery.py', 'app'),
    ('proj/celery.py', 'celery'),
    ('proj/celery.py', 'any_name'),
    ('proj/__init__.py', 'any_name'),
]
NUMBERS = range(1, len(RULES) + 1)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that is worked in, and whose modules are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in ('proj', 'proj.app', 'proj.celery'):
        sys.modules.pop(name, None)


def write(folder: Path, rules: list[tuple[str, str]]) -> None:
    """Write an app for each rule; it bears the name of its place."""
    (folder / 'proj').mkdir()
    for place, attribute in rules:
        with (folder / place).open('a') as module:
            module.write('from celery import Celery as Class\n')
            module.write(f"{attribute} = Class('{place} {attribute}', set_as_current=False)\n")
            module.write(f"{attribute}.conf.task_default_queue = '{attribute}'\n")


def report(app: str) -> subprocess.CompletedProcess[str]:
    """What ``celery -A APP report`` prints, and its exit status."""
    command = [sys.executable, '-m', 'celery', '-A', app, 'report']
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


def name(app: Celery) -> str:
    assert isinstance(app, Celery)
    return str(app.main)


@pytest.mark.parametrize('number', NUMBERS)
def test_rule_alone(folder: Path, number: int) -> None:
    rule = RULES[number - 1]
    write(folder, [rule])
    assert name(find_app('proj')) == ' '.join(rule)


@pytest.mark.parametrize('number', NUMBERS)
def test_rule_comes_before_all_below(folder: Path, number: int) -> None:
    rules = RULES[number - 1 :]
    write(folder, list(reversed(rules)))
    assert name(find_app('proj')) == ' '.join(rules[0])


@pytest.mark.parametrize('attribute', ['app', 'celery', 'any_name'])
def test_single_file(folder: Path, attribute: str) -> None:
    source = f"{attribute} = celery_package.Celery('{attribute}', set_as_current=False)\n"
    (folder / 'proj.py').write_text(f'import celery as celery_package\n{source}')
    assert name(find_app('proj')) == attribute


@pytest.mark.parametrize('target', ['proj.celery:any_name', 'proj.celery.any_name'])
def test_full_name_comes_before_all_rules(folder: Path, target: str) -> None:
    write(folder, RULES)
    assert name(find_app(target)) == 'proj/celery.py any_name'


def test_command_line(folder: Path) -> None:
    write(folder, [('proj/celery.py', 'any_name')])
    found = report('proj')
    assert found.returncode == 0
    assert "task_default_queue: 'any_name'" in found.stdout


def test_a_module_of_that_name_is_passed_over(folder: Path) -> None:
    write(folder, [('proj/__init__.py', 'any_name'), ('proj/app.py', 'any_name')])
    with (folder / 'proj' / '__init__.py').open('a') as module:
        module.write('from proj import app\n')
    assert name(find_app('proj')) == 'proj/__init__.py any_name'


def test_an_app_of_another_kind_wins_too(folder: Path) -> None:
    """README.md says so of Flask and FastAPI: the name decides, and nobody looks at the kind."""
    (folder / 'proj.py').write_text(
        'from celery import Celery\nfrom flask import Flask\n'
        "app = Flask('proj')\ncelery_app = Celery('proj', set_as_current=False)\n"
    )
    found = report('proj')
    assert found.returncode == 1
    assert "AttributeError: 'Flask' object has no attribute 'user_options'" in found.stderr
    named = report('proj:celery_app')
    assert named.returncode == 0
    assert 'software -> celery:5.7.0' in named.stdout
