"""Looks at the environment variables that win over an app's settings without a word."""

from collections.abc import Iterator, Mapping
from typing import Any

from playground.doctor.address import masked
from playground.doctor.entries import Entry
from playground.doctor.findings import Finding, fault, listed, ok, warning
from playground.doctor.situation import Situation

# celery/app/utils.py: these win in each program, if they are not empty.
OF_EACH_PROGRAM = {
    'CELERY_BROKER_URL': 'broker_url',
    'CELERY_BROKER_READ_URL': 'broker_read_url',
    'CELERY_BROKER_WRITE_URL': 'broker_write_url',
    'CELERY_RESULT_BACKEND': 'result_backend',
}
# celery/bin/celery.py: these are options of the command celery, and win over those above.
OF_THE_COMMAND = {'BROKER_URL': 'broker_url', 'RESULT_BACKEND': 'result_backend'}
# celery/bin/celery.py, celery/concurrency/__init__.py: another loader, settings or pool.
OTHERS = ('LOADER', 'CELERY_LOADER', 'CONFIG_MODULE', 'CELERY_CUSTOM_WORKER_POOL')
# What click reads as yes or no; anything else ends each command with status 2.
YES_OR_NO = ('', '0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes')
NEITHER_URL_NOR_OPTION = ('CELERY_CONFIG_MODULE', 'CELERY_APP')


def check_variables(situation: Situation) -> Iterator[Finding]:
    """Name the variables that lead somewhere else than the app's settings.

    Args:
        situation: with the environment in which the reader starts programs.
    """
    findings = [
        *_of_each_program(situation),
        *_of_the_command(situation),
        *_others(situation),
        *_options(situation.variables),
        *_no_color(situation.variables),
    ]
    yield from findings or [ok('variables', 'no variable wins over the app’s settings')]


def _of_each_program(situation: Situation) -> Iterator[Finding]:
    for variable, setting in OF_EACH_PROGRAM.items():
        value, own = situation.variables.get(variable), own_setting(situation.app, setting)
        if value and own and value != own:
            yield warning(
                'variables',
                f'{variable} wins over {setting}: {masked(value)}, not {masked(own)}',
                f'if you mean the app’s own: unset {variable}; otherwise set it for each program',
                Entry.ENVIRONMENT_WINS,
            )


def _of_the_command(situation: Situation) -> Iterator[Finding]:
    for variable, setting in OF_THE_COMMAND.items():
        value = situation.variables.get(variable)
        of_programs = str(getattr(situation.app.conf, setting) or '')
        if value and value != of_programs:
            yield fault(
                'variables',
                f'{variable} leads each celery command to {masked(value)}, and your own programs'
                f' go to {masked(of_programs) or "no " + setting}',
                f'unset {variable}; CELERY_{variable} is obeyed by both',
                Entry.ENVIRONMENT_WINS,
            )


def _others(situation: Situation) -> Iterator[Finding]:
    for variable in OTHERS:
        if value := situation.variables.get(variable):
            yield warning(
                'variables',
                f'{variable}={value} changes how celery starts',
                f'if you do not mean it: unset {variable}',
                Entry.ENVIRONMENT_WINS,
            )
    value = situation.variables.get('CELERY_CONFIG_MODULE')
    if value and situation.app._config_source is None:
        yield warning(
            'variables',
            f'CELERY_CONFIG_MODULE takes settings from the module {value},'
            ' for the app names no module of its own',
            'if you do not mean it: unset CELERY_CONFIG_MODULE',
            Entry.ENVIRONMENT_WINS,
        )


def _options(variables: Mapping[str, str]) -> Iterator[Finding]:
    found = [name for name in variables if name in _option_variables()]
    if found:
        yield warning(
            'variables',
            f'{listed(found)}: the celery command takes them for options',
            f'if you do not mean them: unset {" ".join(sorted(found))}',
            Entry.ENVIRONMENT_WINS,
        )


def _option_variables() -> set[str]:
    """The variables that click makes of the options of worker, beat and the other commands."""
    from celery.bin.celery import celery

    names = {
        f'CELERY_{command}_{parameter.name}'.upper().replace('-', '_')
        for command, its in celery.commands.items()
        for parameter in its.params
    }
    return names - {*OF_EACH_PROGRAM, *OTHERS, *NEITHER_URL_NOR_OPTION}


def _no_color(variables: Mapping[str, str]) -> Iterator[Finding]:
    value = variables.get('NO_COLOR', '')
    if value.strip().lower() not in YES_OR_NO:
        yield fault(
            'variables',
            f'NO_COLOR={value} is neither yes nor no, and each celery command ends with status 2',
            'export NO_COLOR=1',
            Entry.ENVIRONMENT_WINS,
        )


def own_setting(app: Any, setting: str) -> str | None:
    """What the app's settings say, whatever a variable says."""
    value = app.conf.get(setting)
    return value if isinstance(value, str) else None
