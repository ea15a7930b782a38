"""make pictures: takes each picture of README.md again."""

import sys

import pytest

from playground.pictures.themes import PICTURES
from playground.services.running import Services
from tests.live.browser import require_browser
from tests.live.launcher import Launcher

SECONDS = 400.0


def test_make_pictures_takes_each_again(started: Services, launcher: Launcher) -> None:
    if started.backend != 'compose':
        pytest.skip('it needs Docker')
    require_browser()
    before = {
        path: path.read_bytes()
        for path in (launcher.repository / PICTURES).iterdir()
        if not path.name.startswith('timeline-')
    }
    assert before
    launcher.start('make', 'pictures', f'PYTHON={sys.executable}')
    assert launcher.wait(SECONDS) == 0, launcher.output
    for path, content in before.items():
        assert path.read_bytes() != content, path.name
    launcher.assert_nothing_is_left()
