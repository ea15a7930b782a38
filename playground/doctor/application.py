"""Loads the reader's app as the command celery does; what fails there is a finding."""

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from playground.doctor.entries import Entry
from playground.doctor.findings import Finding, counted, fault, ok, warning
from playground.doctor.situation import one_line, own_tasks

# A large project takes a while to import; one that waits for a server has no end.
SECONDS = 10


class TooSlowError(BaseException):
    """Its base keeps an ``except Exception`` of the reader's from swallowing it."""


def load(name: str | None, folder: Path) -> tuple[Any, Finding | None]:
    """Load an app, its settings and its tasks.

    Args:
        name: what ``-A`` says; without one, Celery's default app.
        folder: where the reader runs ``celery``; becomes the current folder.

    Returns:
        The app, if there is one, and what is wrong with it.
    """
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    found: Any = None
    try:
        with _limit():
            found = _find(name)
            found.conf.finalize()
            found.loader.import_default_modules()
            found.finalize()
    except BaseException as error:
        return (found, _finding(name, folder, error))
    return found, None


def check_app(app: Any, name: str | None) -> Iterator[Finding]:
    """Say which app it is.

    Args:
        app: that was loaded.
        name: what ``-A`` says.
    """
    if name:
        yield ok(
            'app', f'-A {name} is the app {app.main}, with {counted(len(own_tasks(app)), "task")}'
        )
    else:
        yield warning(
            'app',
            'no app is named: without -A, celery opens one without your tasks and settings',
            'make doctor APP=proj, or python -m playground doctor -A proj',
            Entry.APP_NOT_FOUND,
        )


def _find(name: str | None) -> Any:
    from celery import current_app
    from celery.app.utils import find_app

    return find_app(name) if name else current_app._get_current_object()


def _finding(name: str | None, folder: Path, error: BaseException) -> Finding:
    what, where = f'-A {name}' if name else 'the default app', _where(error, folder)
    look = f'python -c "import {(name or "celeryconfig").partition(":")[0]}"  (in {folder})'
    if isinstance(error, TooSlowError):
        return fault(
            'app',
            f'{what} takes longer than {SECONDS} seconds to import{where}',
            'leave out of your modules what waits for a server when they are imported',
            Entry.APP_RAISES,
        )
    if isinstance(error, ModuleNotFoundError) and name and _is_of(error.name, name):
        return fault(
            'app',
            f'{what}: there is no module {error.name} in {folder}',
            'name the module from the folder that holds it: celery -A proj, or -A proj.celery;'
            ' see --folder',
            Entry.APP_NOT_FOUND,
        )
    if isinstance(error, AttributeError) and not where and name:
        return fault(
            'app',
            f'{what}: the module is there, and no app in it ({one_line(error)})',
            'name the app: celery -A module:variable; it is looked for as app and celery',
            Entry.APP_NOT_FOUND,
        )
    if type(error).__name__ == 'ImproperlyConfigured' and 'Cannot mix' in str(error):
        return fault(
            'settings',
            f'old and new names of settings in one app: {one_line(error).split("format: ")[-1]}',
            'write all of them in the new form: celery upgrade settings celeryconfig.py',
            Entry.OLD_AND_NEW_SETTINGS,
        )
    return fault(
        'app',
        f'{what} cannot be imported: {type(error).__name__}: {one_line(error)}{where}',
        look,
        Entry.APP_RAISES,
    )


def _is_of(missing: str | None, name: str) -> bool:
    module = name.partition(':')[0]
    return missing is not None and (module == missing or module.startswith(f'{missing}.'))


def _where(error: BaseException, folder: Path) -> str:
    """The line of the reader's that raised, the innermost one."""
    if isinstance(error, SyntaxError):
        return ''
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if folder in path.parents and 'site-packages' not in path.parts:
            return f' ({path.relative_to(folder)}, line {frame.lineno})'
    return ''


@contextlib.contextmanager
def _limit() -> Iterator[None]:
    """Raise in whatever waits: only the main thread may import, so it cannot be left behind."""

    def end(number: int, frame: FrameType | None) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
