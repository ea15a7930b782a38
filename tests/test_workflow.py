"""The hosted CI runs the same tests on the official images, on each Python that is named."""

import re
import tomllib

import yaml

from playground.virtual_environment import REPOSITORY

WORKFLOW = REPOSITORY / '.github' / 'workflows' / 'ci.yml'


def test_it_runs_the_oldest_and_the_newest_python_that_are_named() -> None:
    project = tomllib.loads((REPOSITORY / 'pyproject.toml').read_text())['project']
    named = re.findall(r'Python :: (3\.\d+)', ' '.join(project['classifiers']))
    job = yaml.safe_load(WORKFLOW.read_text())['jobs']['test']
    assert job['strategy']['matrix']['python'] == [named[0], named[-1]]


def test_it_types_the_commands_of_the_notes() -> None:
    steps = yaml.safe_load(WORKFLOW.read_text())['jobs']['test']['steps']
    commands = [step['run'] for step in steps if 'run' in step]
    assert 'docker compose up -d --wait' in commands
    assert commands[-1] == 'bash .ci/run'
