"""Where on GitHub a file of this copy of the repository is edited, if the copy is from there."""

import functools
import os
import re
import subprocess

from playground.virtual_environment import REPOSITORY

BRANCH = 'main'


@functools.cache
def name() -> str | None:
    """Find the repository's name there, as in ``owner/celery-notes``.

    GitHub's own machines say it in a variable; elsewhere git knows where the copy is from.
    """
    if said := os.environ.get('GITHUB_REPOSITORY'):
        return said
    try:
        done = subprocess.run(
            ['git', 'remote', 'get-url', 'origin'],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    except OSError:
        return None
    return name_in(done.stdout.strip())


def name_in(address: str) -> str | None:
    """Find the name in an address that git has, if it is one of GitHub's."""
    found = re.search(r'[/@]github\.com[/:](?P<name>[\w.-]+/[\w.-]+?)(?:\.git)?/?$', address)
    return found['name'] if found else None


def edit_link(path: str) -> str | None:
    """Link to GitHub's editor.

    Args:
        path: the file, as in ``production.md``.

    Returns:
        The link, or None if the copy is not from GitHub.
    """
    return f'https://github.com/{name()}/edit/{BRANCH}/{path}' if name() else None
