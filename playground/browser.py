"""The one place that runs a browser: the Chromium or Chrome of this machine, without a window."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator

from playwright.sync_api import Browser, sync_playwright

from playground.errors import PlaygroundError

PROGRAMS = ('chromium', 'google-chrome', 'chromium-browser', 'google-chrome-stable')
INSTALL_IT = 'install one (on Debian: sudo apt install chromium)'
START_SECONDS = 60.0


def find() -> str | None:
    """Find the program on PATH, if there is one."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


@contextlib.contextmanager
def open_browser() -> Iterator[Browser]:
    """Start a browser whose folders are its own and go with it.

    It is to open pages of this machine only, so it runs without Chromium's sandbox, which root and
    most containers do not have.

    Raises:
        PlaygroundError: this machine has none.
    """
    program = find()
    if program is None:
        raise PlaygroundError(
            f'there is no {" and no ".join(PROGRAMS[:2])} on this machine: {INSTALL_IT},'
            ' then run this again'
        )
    with (
        tempfile.TemporaryDirectory(prefix='celery-notes-browser-') as home,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=program,
            env={**os.environ, 'HOME': home},
            timeout=START_SECONDS * 1000,
        )
        yield browser
        browser.close()
