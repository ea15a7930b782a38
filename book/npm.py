"""Gets one file of a package from npm; none of them is needed to make the book."""

import shutil
import subprocess
import tarfile
from pathlib import Path

from playground.errors import PlaygroundError


def get(package: str, file: str, folder: Path) -> Path:
    """Get it.

    Args:
        package: with its version, as in ``mermaid@12.3.0``.
        file: its path in the package.
        folder: where it is unpacked.

    Returns:
        Where it is.

    Raises:
        PlaygroundError: there is no npm, or it cannot get the package.
    """
    npm = shutil.which('npm')
    if npm is None:
        raise PlaygroundError('there is no npm on this machine: install it, then run this again')
    done = subprocess.run(
        [npm, 'pack', '--silent', package], cwd=folder, capture_output=True, text=True
    )
    archive = folder / f'{package.replace("@", "-")}.tgz'
    if done.returncode or not archive.exists():
        raise PlaygroundError(
            f'npm could not get {package} ({done.stderr.strip()[-200:]}):'
            ' check the network, then run this again'
        )
    with tarfile.open(archive) as packed:
        packed.extract(f'package/{file}', folder, filter='data')
    archive.unlink()
    return folder / 'package' / file
