"""Looks at the app's settings: names that Celery does not know, and values that cannot work."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from playground.doctor.entries import Entry
from playground.doctor.findings import Finding, fault, ok, warning
from playground.doctor.situation import Situation, own_tasks

ALIKE = 0.85
# A name this long that is the end of one setting's name, and its beginning forgotten.
LEAST_LETTERS_OF_AN_END = 9


def check_names(app: Any) -> Iterator[Finding]:
    """Find settings that Celery does not know, but for a letter or two.

    Args:
        app: with all of its settings.
    """
    from celery.app.defaults import _OLD_SETTING_KEYS, SETTING_KEYS

    known = {*SETTING_KEYS, *_OLD_SETTING_KEYS}
    misspelt = {
        name: meant
        for name in _own_names(app)
        if (meant := _meant(name, known)) and not app.conf.get(f'__{name}')
    }
    if app.conf.broker_transport_options and str(app.conf.broker_url).startswith('redis'):
        from kombu.transport.redis import Channel

        options = set(Channel.from_transport_options)
        for name in app.conf.broker_transport_options:
            near = difflib.get_close_matches(str(name), options, 1, ALIKE)
            if name not in options and near:
                misspelt[f'broker_transport_options[{name!r}]'] = near[0]
    for name, meant in sorted(misspelt.items()):
        yield fault(
            'setting names',
            f'{name} is no setting of Celery, and is accepted without a word',
            f'write {meant}',
            Entry.MISSPELT_SETTING,
        )
    if not misspelt:
        yield ok('setting names', 'no setting of the app looks misspelt')


def _own_names(app: Any) -> list[str]:
    """The names of the app's settings, with a namespace as Celery sees them without it."""
    prefix = app.conf.prefix
    names = [str(name) for name in app.conf.table(with_defaults=False)]
    if prefix:
        return [name.removeprefix(prefix).lower() for name in names if name.startswith(prefix)]
    return names


def _meant(name: str, known: set[str]) -> str | None:
    """The setting that somebody meant who wrote something else; None if nobody can tell."""
    if name in known or name.startswith('_') or name == 'deprecated_settings':
        return None
    small = name.lower()
    if small != name and small in known:
        return small
    if small.startswith('celery_') and small.removeprefix('celery_') in known:
        return f"{small.removeprefix('celery_')}, or give config_from_object namespace='CELERY'"
    ends = [setting for setting in known if setting.endswith(f'_{name}')]
    if len(name) >= LEAST_LETTERS_OF_AN_END and len(ends) == 1:
        return ends[0]
    near = difflib.get_close_matches(name, known, 1, ALIKE)
    return near[0] if near else None


def check_values(situation: Situation) -> Iterator[Finding]:
    """Judge settings whose values contradict each other, or surprise."""
    conf = situation.app.conf
    findings = [*_content(conf), *_schedule(situation.app)]
    if conf.task_always_eager:
        findings.append(
            warning(
                'settings',
                'task_always_eager is set: each task runs in the caller, and no worker gets any',
                'set it in tests only',
                Entry.ALWAYS_EAGER,
            )
        )
    yield from findings or [ok('settings', 'nothing in them contradicts something else')]


def _content(conf: Any) -> Iterator[Finding]:
    from kombu.serialization import registry

    accepted = {str(name) for name in conf.accept_content or []}
    accepted |= {registry.name_to_type.get(name, name) for name in accepted}
    name = conf.task_serializer
    if accepted and name not in accepted and registry.name_to_type.get(name) not in accepted:
        yield fault(
            'settings',
            f'task_serializer is {name}, and accept_content has none of it: workers refuse each'
            ' task',
            f'accept_content = ["json", "{name}"]',
            Entry.CONTENT_DISALLOWED,
        )


def _schedule(app: Any) -> Iterator[Finding]:
    from celery.schedules import crontab

    schedule = app.conf.beat_schedule
    for name, entry in (schedule or {}).items() if isinstance(schedule, Mapping) else ():
        if not isinstance(entry, Mapping):
            continue
        arguments = entry.get('args') or ()
        if isinstance(arguments, str) or not isinstance(arguments, Sequence):
            yield fault(
                'settings',
                f'beat_schedule[{name!r}]: args is {arguments!r}, and no tuple or list',
                f'write the comma that makes it a tuple: ({arguments!r},)',
                Entry.BEAT_ENTRY,
            )
        task = str(entry.get('task') or '')
        if task and task not in app.tasks and (tasks := own_tasks(app)):
            near = difflib.get_close_matches(task, sorted(tasks), 1, 0)
            yield fault(
                'settings',
                f'beat_schedule[{name!r}]: this app has no task {task}',
                f'name a task of the app, as in {near[0] if near else "proj.tasks.add"}',
                Entry.UNREGISTERED_TASK,
            )
        when = entry.get('schedule')
        if isinstance(when, crontab) and when._orig_minute == '*' and when._orig_hour != '*':
            yield warning(
                'settings',
                f'beat_schedule[{name!r}]: {when!r} fires in each minute of that hour',
                'for once in an hour, say which minute: crontab(minute=0, hour=...)',
                Entry.CRONTAB_EACH_MINUTE,
            )
        if not isinstance(when, (int, float, timedelta)) and not hasattr(when, 'is_due'):
            yield fault(
                'settings',
                f'beat_schedule[{name!r}]: schedule is {when!r}',
                'write seconds, a timedelta, or crontab(...)',
                Entry.BEAT_ENTRY,
            )
