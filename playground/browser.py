"""The one place that runs a browser: the Chromium or Chrome of this machine, without a window."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from playwright.sync_api import Browser, Error, sync_playwright

from playground.errors import PlaygroundError
from playground.session import Session

PROGRAMS = ('chromium', 'google-chrome', 'chromium-browser', 'google-chrome-stable')
INSTALL_IT = 'install one (on Debian: sudo apt install chromium)'
START_SECONDS = 60.0


def find() -> str | None:
    """Find the program on PATH, if there is one."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


@contextlib.contextmanager
def open_browser(session: Session) -> Iterator[Browser]:
    """Start a browser with a profile of its own.

    It is to open pages of this machine only, so it runs without Chromium's sandbox, which root and
    most containers do not have.

    Args:
        session: owns its processes and its files, and ends them where this process cannot.

    Raises:
        PlaygroundError: this machine has none, or it does not start.
    """
    program = find()
    if program is None:
        raise PlaygroundError(
            f'there is no {" and no ".join(PROGRAMS[:2])} on this machine: {INSTALL_IT},'
            ' then run this again'
        )
    # Chromium makes a socket there, whose path must be short.
    folder = tempfile.mkdtemp(prefix='notes-browser-', dir='/tmp')
    session.owns(Path(folder))
    owned = {'HOME': folder, 'TMPDIR': folder, **session.marks('service')}
    # Playwright's own process takes the environment of this one, and says where the profile is.
    with _variables(owned):
        playwright = sync_playwright().start()
    try:
        try:
            browser = playwright.chromium.launch(
                executable_path=program,
                env={**os.environ, **owned},
                timeout=START_SECONDS * 1000,
            )
        except Error as error:
            raise PlaygroundError(
                f'{program} does not start ({error.message.splitlines()[0]}):'
                ' see whether it does by itself, then run this again'
            ) from None
        yield browser
    finally:
        playwright.stop()


@contextlib.contextmanager
def _variables(values: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
