"""Makes virtual environments, and keeps them equal to requirements files."""

import hashlib
import os
import posixpath
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from playground.errors import PlaygroundError

REPOSITORY = Path(__file__).resolve().parent.parent
# Resolved, so that a linked .venv is recognised as the one that was made elsewhere.
ENVIRONMENT = (REPOSITORY / '.venv').resolve()
PACKAGES = ENVIRONMENT.joinpath(
    'lib', f'python{sys.version_info[0]}.{sys.version_info[1]}', 'site-packages'
)

# Each program of a virtual environment names its path: to a shell in double quotes, to Python
# in three single ones, on PATH between colons, and in UTF-8.
UNUSABLE_IN_A_PATH = re.compile(r"""[\x00-\x1f\x7f"$`\\:]|'''|[\ud800-\udfff]""")

NEEDED_MEGABYTES = {
    'requirements.txt': 250,
    'requirements-production.txt': 450,
    'book/requirements.txt': 350,
    'lab/requirements.txt': 400,
    'lab/throughput/requirements-peers.txt': 150,
    'lab/throughput/requirements-compiled.txt': 300,
    'requirements-dev.txt': 1000,
}

NO_ROOM_ERRORS = ('No space left on device', 'Disk quota exceeded')

NETWORK_ERRORS = (
    'Failed to establish a new connection',
    'NewConnectionError',
    'ConnectTimeoutError',
    'ReadTimeoutError',
    'ConnectionResetError',
    'Connection refused',
    'Temporary failure in name resolution',
    'Network is unreachable',
    'CERTIFICATE_VERIFY_FAILED',
)


@dataclass(frozen=True)
class VirtualEnvironment:
    """A virtual environment of the notes.

    Attributes:
        name: of its folder, for messages.
        folder: where it is; a link is followed.
        imports: a line of Python that fails if a package is missing without which nothing runs.
        variables: of pip, beside those of this process.
    """

    name: str
    folder: Path
    imports: str
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / 'bin' / 'python'

    def is_current(self, requirements: str) -> bool:
        """Tell whether it has what a requirements file asks for.

        Args:
            requirements: name of the file, such as ``requirements.txt``.
        """
        stamp = self._stamp(requirements)
        return (
            self.python.exists()
            and stamp.exists()
            and stamp.read_text() == self._fingerprint(requirements)
        )

    def ensure(self, requirements: str) -> None:
        """Make it if it is missing, and install what a requirements file asks for.

        Args:
            requirements: name of the file, such as ``requirements.txt``.

        Raises:
            PlaygroundError: the environment cannot be made, or a package cannot be had.
        """
        self._check_path()
        if self.is_current(requirements):
            return
        self._make(requirements)
        self._install(requirements)
        for name in _with_included(requirements):
            self._stamp(name).write_text(self._fingerprint(name))

    def _stamp(self, requirements: str) -> Path:
        return self.folder / f'installed-{requirements.replace("/", "-")}'

    def _fingerprint(self, requirements: str) -> str:
        """It is only good at the path where it was made, for the files it was made from."""
        digest = hashlib.sha256()
        for name in _with_included(requirements):
            digest.update((REPOSITORY / name).read_bytes())
        return f'{self.folder}\n{digest.hexdigest()}\n'

    def _check_path(self) -> None:
        unusable = UNUSABLE_IN_A_PATH.search(str(self.folder))
        if unusable:
            raise PlaygroundError(
                f'a path with {unusable.group()!r} in it breaks the programs of a virtual'
                f' environment, and {self.name} would be {str(self.folder)!r}:'
                ' rename the folder, then run this again'
            )

    def _check_place(self, requirements: str) -> None:
        if self.folder.is_file():
            raise PlaygroundError(
                f'{self.folder} is a file, and the virtual environment must have its place:'
                ' remove or rename it, then run this again'
            )
        folder = self.folder if self.folder.exists() else self.folder.parent
        if not os.access(folder, os.W_OK):
            raise PlaygroundError(
                f'{folder} cannot be written, and {self.name} is made there:'
                ' clone the notes into a folder of your own, then run this again'
            )
        free, needed = shutil.disk_usage(folder).free // 10**6, NEEDED_MEGABYTES[requirements]
        if free < needed:
            raise PlaygroundError(
                f'only {free} MB are free in {folder}, and {self.name} needs {needed}:'
                ' make room, then run this again'
            )

    def _make(self, requirements: str) -> None:
        status, output = _output([self.python, '-m', 'pip', '--version'])
        if status == 0 and f'from {self.folder}' in output:
            return
        self._check_place(requirements)
        _say(f'Making {self.name} with Python {sys.version_info[0]}.{sys.version_info[1]}')
        status, output = _output([sys.executable, '-m', 'venv', '--clear', self.folder])
        if status == 0:
            return
        if 'ensurepip' in output:
            raise PlaygroundError(
                'this Python cannot make virtual environments, for its ensurepip is missing:'
                ' install it (on Debian and Ubuntu: sudo apt install python3-venv),'
                ' then run this again'
            )
        raise PlaygroundError(f'could not make {self.folder}: {_last_line(output)}')

    def _install(self, requirements: str) -> None:
        command: list[str | Path] = [
            *(self.python, '-m', 'pip', 'install', '--disable-pip-version-check', '--no-input'),
            *('--progress-bar=off', '--retries=1', '--timeout=15', '--no-user'),
            *('-r', REPOSITORY / requirements),
        ]
        _say(
            f'Installing {requirements} into {self.name}; the first time takes about half a minute'
        )
        output = []
        with subprocess.Popen(
            command,
            env={**os.environ, **self.variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors='replace',
        ) as pip:
            try:
                assert pip.stdout is not None
                for line in pip.stdout:
                    output.append(line)
                    _show_progress(line)
            except BaseException:
                pip.terminate()
                raise
        log = ''.join(output)
        if pip.returncode == 0:
            status, failure = _output([self.python, '-I', '-c', self.imports])
            if status:
                raise PlaygroundError(
                    'pip has ended well, but not all packages are in'
                    f' {self.name} ({_last_line(failure)}):'
                    ' see pip’s settings (pip config list) and variables (env | grep PIP_),'
                    ' then run this again'
                )
            return
        if any(error in log for error in NO_ROOM_ERRORS):
            raise PlaygroundError(
                f'the disk has no room for the packages: free {NEEDED_MEGABYTES[requirements]} MB'
                f' where {self.folder} is and in the folder for temporary files,'
                ' then run this again'
            )
        if any(error in log for error in NETWORK_ERRORS):
            raise PlaygroundError(
                'the package index cannot be reached, so nothing was installed:'
                ' check the network and pip’s settings (pip config list), then run this again'
            )
        raise PlaygroundError(f'pip could not install {requirements}: {_last_line(log)}')


# Without one of these there is nothing to run.
NOTES = VirtualEnvironment(
    '.venv', ENVIRONMENT, 'import celery.bin.celery, flower, psutil, redis, rich, yaml'
)


def _with_included(requirements: str) -> list[str]:
    """The file, and those that it includes with ``-r``."""
    lines = (REPOSITORY / requirements).read_text(encoding='utf-8').splitlines()
    folder = posixpath.dirname(requirements)
    included = [
        posixpath.normpath(posixpath.join(folder, line.removeprefix('-r ')))
        for line in lines
        if line.startswith('-r ')
    ]
    return [requirements, *(name for each in included for name in _with_included(each))]


def _show_progress(line: str) -> None:
    words = line.split()
    if words[:1] == ['Collecting'] and len(words) > 1:
        _say(f'  {words[1]}')
    elif line.startswith('Installing collected packages'):
        _say('  unpacking them all')


def _output(command: list[str | Path]) -> tuple[int, str]:
    try:
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors='replace',
        )
    except OSError as error:
        return 1, str(error)
    return done.returncode, done.stdout


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith('ERROR')]
    return (errors or lines or ['it said nothing'])[-1]


def _say(line: str) -> None:
    print(line, flush=True)
