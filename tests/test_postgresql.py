"""Which PostgreSQL is taken, and where one must be."""

from pathlib import Path

import pytest

from playground.services import postgresql
from tests.backends import lacks_postgresql


class Config:
    """What was asked for."""

    def __init__(self, *backends: str) -> None:
        self.backends = list(backends)

    def getoption(self, name: str) -> list[str] | None:
        assert name == 'backend'
        return self.backends or None


def install(folder: Path, *programs: str) -> Path:
    folder.mkdir(parents=True)
    for program in programs:
        (folder / program).touch(mode=0o755)
    return folder


def test_the_newest_version_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, 'VERSIONS', tmp_path)
    monkeypatch.setenv('PATH', '')
    assert postgresql.programs() is None
    install(tmp_path / '9' / 'bin', 'initdb', 'postgres')
    newest = install(tmp_path / '15' / 'bin', 'initdb', 'postgres')
    # Its client alone, as Debian's postgresql-client-17 has it.
    install(tmp_path / '17' / 'bin', 'psql')
    assert postgresql.programs() == newest


def test_one_on_the_path_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, 'VERSIONS', tmp_path / 'nothing')
    monkeypatch.setenv('PATH', str(install(tmp_path / 'bin', 'initdb', 'postgres')))
    assert postgresql.programs() == tmp_path / 'bin'


@pytest.mark.parametrize(
    ('backends', 'is_skipped'),
    [((), True), (('embedded',), True), (('embedded', 'native', 'compose'), False)],
)
def test_native_needs_one(
    monkeypatch: pytest.MonkeyPatch, backends: tuple[str, ...], is_skipped: bool
) -> None:
    config = Config(*backends)
    monkeypatch.setattr(postgresql, 'programs', lambda: None)
    assert (lacks_postgresql(config) is not None) is is_skipped  # type: ignore[arg-type]
    monkeypatch.setattr(postgresql, 'programs', lambda: Path('/usr/bin'))
    assert lacks_postgresql(config) is None  # type: ignore[arg-type]
