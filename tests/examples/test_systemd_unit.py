"""celery.service says what README.md, chapter 11, says, and Celery understands its command."""

import logging
from configparser import RawConfigParser

import click
import pytest
from celery.bin.base import CLIContext
from celery.bin.celery import celery

from playground.virtual_environment import REPOSITORY
from vege import app

UNIT = REPOSITORY / 'examples' / 'celery.service'


class SystemdParser(RawConfigParser):
    def optionxform(self, optionstr: str) -> str:
        return optionstr


@pytest.fixture
def service() -> dict[str, str]:
    parser = SystemdParser(delimiters=['='])
    parser.read_string(UNIT.read_text())
    return dict(parser['Service'])


def test_celery_understands_the_command(service: dict[str, str]) -> None:
    program, *arguments = service['ExecStart'].replace('%%', '%').split()
    assert program == f'{service["WorkingDirectory"]}/.venv/bin/celery'
    assert arguments[:3] == ['-A', 'vege', 'worker']
    context = click.Context(celery, obj=CLIContext(app=app, no_color=True, workdir=None))
    worker = celery.commands['worker'].make_context('worker', arguments[3:], parent=context)
    assert worker.args == []
    assert worker.params['hostname'].startswith('w1@')
    assert '%' not in worker.params['hostname']
    assert worker.params['loglevel'] == logging.INFO


def test_only_the_main_process_is_told_to_stop(service: dict[str, str]) -> None:
    assert service['KillMode'] == 'mixed'
    assert 'KillSignal' not in service
