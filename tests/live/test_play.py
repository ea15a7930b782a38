"""make play: the notes' commands work in further terminals, and Ctrl-C ends it all."""

import os
import signal
import subprocess
import sys

import pytest

from playground import flower
from playground.ports import LOOPBACK, free_port
from playground.services.running import Services
from playground.session import Session
from playground.terminal import Terminal
from tests.live.launcher import Launcher
from tests.live.listeners import listening, refuses_from_outside

SECONDS = 30.0

# The line that make play asks to paste, then the command of the notes.
WORKER = '. .playground/env && celery -A vege worker -l info -n play@%h'
CALL = """. .playground/env && python -c "
from vege import hello
print(hello.delay('Chris').get(timeout=20))
" """


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGKILL])
def test_play_serves_until_it_is_ended(
    started: Services, launcher: Launcher, session: Session, number: signal.Signals
) -> None:
    port = free_port()
    launcher.rename('Bob\'s "nötes" $HOME')
    command = ('play', '--backend', started.backend, '--flower-port', str(port))
    launcher.playground(*command, variables=started.choices)
    launcher.wait_for('Ctrl-C ends ')
    url = started.flower_url or f'http://{LOOPBACK}:{port}'
    assert f'{url} (user celeryman, password pass1234)' in launcher.output
    assert '  . .playground/env\n' in launcher.output

    terminal = {
        **{'HOME': str(launcher.temporary), 'PATH': os.defpath, 'LANG': 'C.UTF-8'},
        **{'BROKER_URL': f'redis://{LOOPBACK}:1/', 'CELERY_WORKER_QUEUES': 'other'},
        'PYTHONPATH': '/nonexistent',
    }
    name = f'play-{started.backend}-{number}'
    worker = Terminal(session, name, WORKER, terminal, launcher.repository)
    worker.wait_for(' ready.', SECONDS)
    call = subprocess.run(
        ['bash', '-c', CALL],
        env=terminal,
        cwd=launcher.repository,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert call.stdout == 'hello Chris\n'
    message, names = call.stderr.split(': ')
    assert message == 'Unset here, for they mislead the commands of the notes'
    assert sorted(names.split()) == ['BROKER_URL', 'CELERY_WORKER_QUEUES', 'PYTHONPATH']
    refused, workers = flower.workers(url, started.credentials)
    assert refused == 401
    assert any(node.startswith('play@') for node in workers)
    ours = {*listening(launcher.mark), *listening(session.identifier)}
    assert {address for address, _ in ours} <= {LOOPBACK, '::1'}
    # Those of compose belong to Docker: test_docker_compose.py.
    assert started.backend == 'compose' or (LOOPBACK, port) in ours
    assert refuses_from_outside(port for _, port in ours)
    worker.kill()

    launcher.signal(number)
    assert launcher.wait() == (0 if number == signal.SIGINT else -number)
    assert 'Traceback' not in launcher.output
    launcher.assert_nothing_is_left()


def test_a_second_play_does_not_touch_the_first(launcher: Launcher) -> None:
    launcher.playground('play', '--backend', 'embedded', '--flower-port', str(free_port()))
    launcher.wait_for('Ctrl-C ends the services')
    environment = (launcher.repository / '.playground' / 'env').read_text()
    second = subprocess.run(
        [
            *(sys.executable, '-m', 'playground', 'play'),
            *('--backend', 'embedded', '--flower-port', str(free_port())),
        ],
        cwd=launcher.repository,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert second.returncode == 2
    assert second.stderr.startswith('playground: another make play has .playground/env: end it')
    assert (launcher.repository / '.playground' / 'env').read_text() == environment
    launcher.signal(signal.SIGINT)
    assert launcher.wait() == 0
    launcher.assert_nothing_is_left()


def test_who_ends_make_ends_the_services(launcher: Launcher) -> None:
    choices = {'PYTHON': sys.executable, 'BACKEND': 'embedded', 'FLOWER_PORT': str(free_port())}
    launcher.start('make', 'play', variables=choices)
    launcher.wait_for('Ctrl-C ends the services')
    launcher.signal(signal.SIGTERM)
    assert launcher.wait() == -signal.SIGTERM
    launcher.assert_nothing_is_left()
