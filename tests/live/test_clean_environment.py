"""Whatever the reader's environment holds, our programs go to the back-end that they started."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from celery import Celery

from playground.ports import LOOPBACK, free_port
from playground.services import embedded, key_value_server
from playground.session import Session
from tests.live.launcher import START_SECONDS, Launcher

DEMO_SECONDS = 90.0

# Each has stopped a demo or led it elsewhere, or would.
MISLEADING = {
    'CELERY_WORKER_QUEUES': 'other',
    'CELERY_WORKER_REVOKES_MAX': 'many',
    'CONFIG_MODULE': 'nothing',
    'LOADER': 'nothing',
    'APP': 'nothing',
    'FLOWER_PORT': '1',
    'FLOWER_BASIC_AUTH': 'somebody:else',
    'PICKLE_PROTOCOL': 'high',
    'DJANGO_SETTINGS_MODULE': 'shop.settings',
    'http_proxy': f'http://{LOOPBACK}:9',
    'ALL_PROXY': f'http://{LOOPBACK}:9',
    'NO_COLOR': 'please',
    'COLUMNS': '20',
    'LC_ALL': 'C',
    'PYTHONIOENCODING': 'ascii',
    'PYTHONWARNINGS': 'error',
}


@pytest.fixture
def stranger(session: Session) -> Iterator[str]:
    """Another project's broker, with a message in its queue ``celery``."""
    url = key_value_server.start(embedded.find_binary(), session)
    app = Celery('stranger', broker=url)
    app.set_current = lambda: None
    app.send_task('stranger.task')
    app.close()
    yield url
    with redis.Redis.from_url(url) as client:
        client.shutdown(nosave=True)


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A folder for PYTHONPATH with modules named like one of Python's and one of a package."""
    for name in ('argparse', 'redis'):
        (tmp_path / f'{name}.py').write_text(f'raise ImportError("a foreign {name}")\n')
    return tmp_path


def content(url: str) -> dict[bytes, bytes]:
    with redis.Redis.from_url(url) as client:
        keys: list[bytes] = client.keys()
        return {key: client.dump(key) for key in keys}


def test_a_demo_leaves_a_strangers_broker_alone(
    launcher: Launcher, stranger: str, foreign: Path
) -> None:
    before = content(stranger)
    assert b'celery' in before
    launcher.rename('Bob\'s "nötes" $HOME')
    variables = {
        **MISLEADING,
        **dict.fromkeys(('BROKER_URL', 'RESULT_BACKEND', 'CELERY_BROKER_URL'), stranger),
        'PYTHONPATH': str(foreign),
    }
    demo = ('make', 'demo', 'BACKEND=embedded', f'PYTHON={sys.executable}')
    launcher.start(*demo, variables=variables)
    status = launcher.wait(DEMO_SECONDS)
    assert content(stranger) == before, launcher.output
    assert status == 0, launcher.output
    assert '3 workers: ' in launcher.output
    launcher.assert_nothing_is_left()


def test_a_foreign_module_is_not_imported(launcher: Launcher, foreign: Path) -> None:
    launcher.playground('demo', '--backend', 'none', variables={'PYTHONPATH': str(foreign)})
    assert launcher.wait() == 2
    assert "there is no back-end 'none'" in launcher.output
    assert 'foreign' not in launcher.output


def test_pip_asks_the_readers_proxy(launcher: Launcher) -> None:
    # One package more than there is, so that pip has something to ask for and nothing to install.
    with (launcher.repository / 'requirements.txt').open('a') as requirements:
        requirements.write('nothing-of-this-name\n')
    with socket.create_server((LOOPBACK, 0)) as proxy:
        address = f'http://{LOOPBACK}:{proxy.getsockname()[1]}'
        variables = {
            **{'https_proxy': address, 'no_proxy': '', 'NO_PROXY': ''},
            **{'PIP_INDEX_URL': 'https://index.invalid/simple', 'PIP_EXTRA_INDEX_URL': ''},
            **{'PIP_CONFIG_FILE': '/dev/null', 'PIP_FIND_LINKS': ''},
        }
        launcher.playground('demo', variables=variables)
        proxy.settimeout(START_SECONDS)
        connection, _ = proxy.accept()
        with connection:
            assert connection.recv(1024).startswith(b'CONNECT index.invalid:443')
    assert launcher.wait() == 2, launcher.output
    launcher.assert_nothing_is_left()


@pytest.mark.parametrize(
    'name', ['Bob\'s "notes"', 'notes $HOME', 'no`te`s', 'a\\b', 'a:b', 'a\nb']
)
def test_a_folder_in_which_no_program_would_run_is_refused(launcher: Launcher, name: str) -> None:
    launcher.rename(name)
    (launcher.repository / '.venv').unlink()
    nowhere = {
        'PIP_INDEX_URL': f'http://{LOOPBACK}:{free_port()}/simple',
        'PIP_CONFIG_FILE': '/dev/null',
    }
    launcher.start('make', 'demo', f'PYTHON={sys.executable}', variables=nowhere)
    assert launcher.wait() == 2
    assert (
        'in it breaks the programs of a virtual environment, and .venv would be' in launcher.output
    )
    assert launcher.output.count('\n') == 2, launcher.output
    assert not (launcher.repository / '.venv').exists()
    launcher.assert_nothing_is_left()
