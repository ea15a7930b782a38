"""Looks at Python and its packages: their versions, and files of the reader's that hide them."""

import importlib.metadata
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from playground.doctor.entries import Entry
from playground.doctor.findings import Finding, fault, listed, ok, warning
from playground.virtual_environment import REPOSITORY

# What Celery 5.7 runs on, and the newest that the notes were run on.
OLDEST, NEWEST = (3, 10), (3, 14)

PIN = re.compile(r'(?m)^([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==([^\s#]+)')
# The packages whose behaviour the pages describe.
JUDGED = ('celery', 'kombu', 'billiard', 'vine', 'amqp', 'redis', 'flower')
# What a program imports when it imports Celery.
IMPORTED = ('celery', 'kombu', 'billiard', 'vine', 'amqp', 'redis', 'click', 'tzlocal')


def check_python() -> Iterator[Finding]:
    """Judge the version of Python."""
    found = '.'.join(map(str, sys.version_info[:3]))
    wanted = f'{".".join(map(str, OLDEST))} to {".".join(map(str, NEWEST))}'
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        yield ok('python', f'Python {found}')
    else:
        yield warning(
            'python',
            f'Python {found}, and the notes were run on {wanted}',
            f'make an environment with one of {wanted}: python3.13 -m venv .venv',
            Entry.VERSIONS,
        )


def check_packages(broker_url: str = '', result_backend: str = '') -> Iterator[Finding]:
    """Compare the packages with the notes' requirements, and with what Celery itself requires.

    Args:
        broker_url: of the app; some brokers need another package.
        result_backend: of the app.
    """
    pins = read_pins()
    installed = {name: version(name) for name in JUDGED}
    if installed['celery'] is None:
        yield fault(
            'packages',
            f'Celery is not installed for {sys.executable}',
            f'pip install "celery[redis]=={pins["celery"]}"',
            Entry.VERSIONS,
        )
        return
    uses_redis = any(url.startswith(('redis', 'sentinel')) for url in (broker_url, result_backend))
    if uses_redis and (missing := _missing_for_redis()):
        yield fault(
            'packages',
            f'an address of the app begins with redis://, and a package for it is not installed'
            f' ({missing})',
            'pip install "celery[redis]"',
            Entry.NO_REDIS_PACKAGE,
        )
        return
    if broken := list(_broken(uses_redis)):
        yield fault(
            'packages',
            f'packages do not fit together: {listed(broken)}',
            f'pip install "celery[redis]=={installed["celery"]}"; pip check names what is left',
            Entry.VERSIONS,
        )
        return
    others = [
        f'{name} {found} (there {pins[name]})'
        for name, found in installed.items()
        if found and name in pins and found != pins[name]
    ]
    if others:
        yield warning(
            'packages',
            f'other versions than those of the notes: {listed(others, len(others))}',
            'expect other words and settings, or install these:'
            f' pip install "celery[redis]=={pins["celery"]}"',
            Entry.VERSIONS,
        )
        return
    named = [f'{name} {found}' for name, found in installed.items() if found]
    yield ok('packages', f'as in the notes: {", ".join(named)}')


def check_hidden_modules(folder: Path) -> Iterator[Finding]:
    """Find files of the reader's that take the place of a package's module.

    ``celery`` finds its own packages first, but ``python program.py`` and ``python -m celery``
    look into the reader's folder before all others.

    Args:
        folder: where the reader runs programs.
    """
    names = {*IMPORTED, *sys.stdlib_module_names}
    hiding = [
        path.name
        for path in sorted(folder.iterdir())
        if (path.suffix == '.py' and path.stem in names)
        or (path.name in names and (path / '__init__.py').exists())
    ]
    if hiding:
        yield fault(
            'modules',
            f'{listed(hiding)} in {folder} takes the place of a module of Python or of Celery',
            'give it another name, or move it into a package of yours',
            Entry.HIDDEN_MODULE,
        )
    else:
        yield ok('modules', 'no file in this folder hides a module of Python or of Celery')


def read_pins() -> Mapping[str, str]:
    """Read the versions of requirements.txt."""
    return dict(PIN.findall((REPOSITORY / 'requirements.txt').read_text()))


def version(package: str) -> str | None:
    """The installed version of a package."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _missing_for_redis() -> str | None:
    try:
        import kombu.transport.redis  # noqa: F401
    except ImportError as error:
        return str(error)
    # kombu itself can do without it, until something connects.
    return None if version('redis') else 'No module named redis'


def _broken(uses_redis: bool) -> Iterator[str]:
    try:
        from packaging.requirements import InvalidRequirement, Requirement
    except ImportError:
        return
    for package in ('celery', 'kombu'):
        for line in importlib.metadata.requires(package) or []:
            try:
                needed = Requirement(line)
            except InvalidRequirement:
                continue
            extra = 'redis' if uses_redis else ''
            if needed.marker and not needed.marker.evaluate({'extra': extra}):
                continue
            found = version(needed.name)
            if found is None:
                yield f'{package} needs {needed.name}, which is missing'
            elif not needed.specifier.contains(found, prereleases=True):
                yield f'{package} needs {needed.name}{needed.specifier}, and {found} is there'
