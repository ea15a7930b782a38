"""camera.py without a broker: events made by hand, snapshots into a file."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from celery.events.event import Event

from examples import camera
from playground.compose_file import ComposeFile


@pytest.fixture
def album(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> camera.Album:
    monkeypatch.setattr(camera.Album, 'file', str(tmp_path / 'album.sqlite3'))
    return camera.Album(camera.app.events.State(), app=camera.app)


def send(album: camera.Album, kind: str, **fields: Any) -> None:
    common = {'hostname': 'w1@localhost', 'clock': 1, 'local_received': 1, 'uuid': 'id-1'}
    album.state.event(Event(kind, **common, **fields))


def rows(album: camera.Album) -> list[Any]:
    with closing(sqlite3.connect(album.file)) as database:
        return database.execute('SELECT * FROM tasks').fetchall()


def test_a_task_is_kept_once_with_its_last_state(album: camera.Album) -> None:
    send(album, 'task-received', name='camera.example')
    send(album, 'task-started')
    album.capture()
    assert rows(album) == [('id-1', 'camera.example', 'STARTED', 'w1@localhost', None)]
    send(album, 'task-succeeded', result='5', runtime=0.5)
    album.capture()
    assert rows(album) == [('id-1', 'camera.example', 'SUCCESS', 'w1@localhost', 0.5)]


def test_a_task_that_is_done_is_forgotten(album: camera.Album) -> None:
    send(album, 'task-received', name='camera.example')
    album.capture()
    assert list(album.state.tasks) == ['id-1']
    send(album, 'task-failed', exception='ValueError()', traceback='')
    album.capture()
    assert not album.state.tasks
    assert [row[2] for row in rows(album)] == ['FAILURE']


def test_without_events_there_is_no_snapshot(
    album: camera.Album, capsys: pytest.CaptureFixture[str]
) -> None:
    album.capture()
    assert not Path(album.file).exists()
    assert capsys.readouterr().out == ''


def test_settings_lead_to_the_services_of_the_notes(compose_settings: ComposeFile) -> None:
    assert camera.Config.broker_url == compose_settings.broker_url
    assert camera.Config.result_backend == compose_settings.result_backend
