"""Builds the book in build/book/ and packs it, each anew and whole or not at all."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from book import chapters, sources
from playground.errors import PlaygroundError
from playground.virtual_environment import REPOSITORY
from tests.notes.page import PageError

BUILD = REPOSITORY / 'build'
NAME = 'book'
ARCHIVE = 'celery-notes-book.zip'

# Of what Sphinx writes, the book needs neither its memory nor its list of links for others.
NOT_OF_THE_BOOK = ('.buildinfo', 'objects.inv', '.doctrees')

# A ZIP of the same pages has the same bytes.
PACKED_AT = (2026, 1, 1, 0, 0, 0)


def build(folder: Path = BUILD) -> Path:
    """Build the book.

    Args:
        folder: where ``book/`` and the ZIP are made.

    Returns:
        The folder of its pages.

    Raises:
        PlaygroundError: a page cannot stand in the book, or Sphinx warns of something.
    """
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix='notes-book-', dir=folder) as temporary:
        source, made = Path(temporary, 'source'), Path(temporary, NAME)
        source.mkdir()
        try:
            sources.write(source)
        except (chapters.BookError, PageError) as error:
            raise PlaygroundError(str(error)) from None
        _run_sphinx(source, made)
        for name in NOT_OF_THE_BOOK:
            path = made / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        packed = Path(temporary, ARCHIVE)
        _pack(made, packed)
        target = folder / NAME
        shutil.rmtree(target, ignore_errors=True)
        made.rename(target)
        packed.replace(folder / ARCHIVE)
    return target


def _run_sphinx(source: Path, made: Path) -> None:
    """Run it in a process of its own, for what it changes in one stays there."""
    done = subprocess.run(
        [
            *(sys.executable, '-m', 'sphinx', '-b', 'html', '-W', '--keep-going', '-q'),
            *('-c', str(Path(__file__).parent), str(source), str(made)),
        ],
        cwd=REPOSITORY,
        env={**os.environ, 'SOURCE_DATE_EPOCH': '1767225600', 'TMPDIR': str(source.parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors='replace',
    )
    if done.returncode:
        lines = [line for line in done.stdout.splitlines() if line.strip()]
        # The chapter's text is in a folder that is gone; its name says which it was.
        said = re.sub(rf'{re.escape(str(source))}/', '', '\n'.join(lines[-20:]))
        raise PlaygroundError(f'Sphinx could not make the book:\n{said}')


def _pack(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, 'w', zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob('*') if path.is_file()):
            name = f'celery-notes/{path.relative_to(folder).as_posix()}'
            archive.writestr(
                zipfile.ZipInfo(name, PACKED_AT), path.read_bytes(), zipfile.ZIP_DEFLATED
            )
