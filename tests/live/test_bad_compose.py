"""What can go wrong with Docker: one clear sentence, exit status 2, nothing left, nothing lost."""

import json
import os
import signal
import socket
from pathlib import Path

import pytest

from playground import compose_file
from playground.ports import LOOPBACK
from playground.session import Session
from playground.waiting import wait_until
from tests.live.engine import Engine, free_choices
from tests.live.launcher import Launcher
from tests.live.test_bad_situations import assert_refused

SECONDS = 120.0

# What ends a part of a URL, a word of a shell or a value of .env.
DIFFICULT = r"""p@s:s/w#o%r d$x'"\,?&"""

NO_COMPOSE = """#!/bin/sh
[ "$1" != compose ] || { echo "docker: 'compose' is not a docker command." >&2; exit 1; }
"""
NO_ENGINE = """#!/bin/sh
[ "$1" != info ] || { echo 'Cannot connect to the Docker daemon.' >&2; exit 1; }
"""


@pytest.fixture
def engine(engine_session: Session, launcher: Launcher) -> Engine:
    """A project on free ports, for the launcher’s copy; nothing is started."""
    return Engine(engine_session, free_choices(), launcher.repository)


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder for PATH that has bash, and no docker yet."""
    (tmp_path / 'bash').symlink_to('/bin/bash')
    return tmp_path


def refused_with(launcher: Launcher, programs: Path, docker: str | None, *sentence: str) -> None:
    """The demo on compose ends with a sentence, where this is the program docker."""
    if docker:
        (programs / 'docker').write_text(docker)
        (programs / 'docker').chmod(0o755)
    variables = {**free_choices(), 'PATH': f'{programs}:{os.defpath if docker else ""}'}
    launcher.playground('demo', '--backend', 'compose', variables=variables)
    assert_refused(launcher, *sentence, 'make demo BACKEND=embedded')


def test_there_is_no_docker(launcher: Launcher, programs: Path) -> None:
    refused_with(launcher, programs, None, 'there is no program docker on this machine')


def test_docker_has_no_compose(launcher: Launcher, programs: Path) -> None:
    refused_with(launcher, programs, NO_COMPOSE, 'this Docker has no `docker compose`')


def test_no_engine_answers(launcher: Launcher, programs: Path) -> None:
    said = 'Docker does not answer (Cannot connect to the Docker daemon.)'
    refused_with(launcher, programs, NO_ENGINE, said)


def test_a_port_is_taken(launcher: Launcher, engine: Engine) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        port = str(other.getsockname()[1])
        variables = {**engine.choices, 'NOTES_REDIS_PORT': port}
        launcher.playground('demo', '--backend', 'compose', variables=variables)
        taken = f'port {port} of {LOOPBACK} is taken by '
        assert_refused(launcher, taken, f'(process {os.getpid()})', 'as in: NOTES_REDIS_PORT=')
    assert engine.containers() == []


@pytest.mark.parametrize(
    ('choices', 'sentence'),
    [
        ({'NOTES_REDIS_PORT': 'many'}, "NOTES_REDIS_PORT is 'many', and a port is a number from"),
        ({'NOTES_FLOWER_PORT': '99999'}, "NOTES_FLOWER_PORT is '99999', and a port is a number"),
        ({'NOTES_FLOWER_PORT': '5672'}, 'two services have one port (NOTES_RABBITMQ_PORT=5672'),
    ],
)
def test_a_port_is_no_port(launcher: Launcher, choices: dict[str, str], sentence: str) -> None:
    launcher.playground('demo', variables=choices)
    assert_refused(launcher, sentence, '.env')


def test_env_is_not_text(launcher: Launcher) -> None:
    (launcher.repository / '.env').write_bytes(b'NOTES_PASSWORD=\xff\xfe\n')
    launcher.files.add(Path('.env'))
    launcher.playground('demo')
    assert_refused(launcher, '.env cannot be read', '.env.example shows')


@pytest.mark.parametrize('value', ['a$b', '"a$b"', 'a$$b'])
def test_a_dollar_in_env_needs_single_quotes(launcher: Launcher, value: str) -> None:
    (launcher.repository / '.env').write_text(f'NOTES_PASSWORD={value}\n')
    launcher.files.add(Path('.env'))
    launcher.playground('demo')
    assert_refused(launcher, 'NOTES_PASSWORD in .env has a $', 'put it in single quotes')


def test_a_difficult_password(launcher: Launcher, engine: Engine) -> None:
    variables = {**engine.choices, 'NOTES_PASSWORD': DIFFICULT}
    launcher.playground('demo', '--backend', 'compose', variables=variables)
    assert launcher.wait(SECONDS) == 0, launcher.output
    assert '3 workers: ' in launcher.output
    assert 'compose: RabbitMQ ' in launcher.output
    launcher.assert_nothing_is_left()
    # It was started for the demo, so it has gone; what its user may want stays.
    assert engine.containers() == []
    assert len(engine.volumes()) == 3


def test_another_password_than_the_volumes(launcher: Launcher, engine: Engine) -> None:
    engine.type('docker compose up -d --wait')
    variables = {**engine.choices, 'NOTES_PASSWORD': 'another'}
    launcher.playground('play', '--backend', 'compose', variables=variables)
    assert_refused(launcher, 'refuses user celeryman', 'docker compose down -v makes it forget')
    assert len(engine.containers()) == 3


@pytest.mark.parametrize(
    'line',
    [
        *('plain', '', "''", 'with space', "'with space'", 'p@s:s/w%r', 'a#b', 'a #b', "'a #b'"),
        *('"a\'b"', "'a$b'", "'a$$b'", "'${HOME}'", 'a\\b', "'a\\b'", ' spaces around '),
    ],
)
def test_env_is_read_as_docker_compose_reads_it(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, launcher: Launcher, line: str
) -> None:
    choices = launcher.repository / '.env'
    choices.write_text(f'# a comment\nNOTES_PASSWORD={line}\nNOTES_VHOST=there\n')
    asked = engine.type('docker compose config --format json')
    theirs = json.loads(asked)['services']['rabbitmq']['environment']
    monkeypatch.setattr(compose_file, 'CHOICES', choices)
    monkeypatch.delenv('NOTES_PASSWORD', raising=False)
    ours = compose_file.read_as_chosen()
    # It writes a $ as it would stand in docker-compose.yml.
    assert ours.password == theirs['RABBITMQ_DEFAULT_PASS'].replace('$$', '$')
    assert ours.vhost == theirs['RABBITMQ_DEFAULT_VHOST'] == 'there'


def test_play_starts_the_services_and_ends_them(launcher: Launcher, engine: Engine) -> None:
    launcher.playground('play', '--backend', 'compose', variables=engine.choices)
    launcher.wait_for('Ctrl-C ends the services')
    assert len(engine.containers()) == 3
    launcher.signal(signal.SIGINT)
    assert launcher.wait() == 0
    assert engine.containers() == []
    assert len(engine.volumes()) == 3
    launcher.assert_nothing_is_left()


def test_play_leaves_the_services_that_it_found(launcher: Launcher, engine: Engine) -> None:
    engine.type('docker compose up -d --wait')
    launcher.playground('play', '--backend', 'compose', variables=engine.choices)
    launcher.wait_for('Ctrl-C ends the services')
    launcher.signal(signal.SIGINT)
    assert launcher.wait() == 0
    assert len(engine.containers()) == 3


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_while_docker_starts_them(
    launcher: Launcher, engine: Engine, number: signal.Signals
) -> None:
    launcher.playground('demo', '--backend', 'compose', variables=engine.choices)
    assert wait_until(lambda: len(engine.containers()) > 0, SECONDS)
    launcher.signal(number)
    launcher.wait(SECONDS)
    assert 'Traceback' not in launcher.output
    # A RabbitMQ that has just begun to start ends when its time to do so is over.
    assert wait_until(lambda: engine.containers() == [], SECONDS)
    launcher.assert_nothing_is_left()


def test_play_notices_that_the_services_have_gone(launcher: Launcher, engine: Engine) -> None:
    engine.type('docker compose up -d --wait')
    launcher.playground('play', '--backend', 'compose', variables=engine.choices)
    launcher.wait_for('Ctrl-C ends the services')
    engine.type('docker compose kill')
    assert launcher.wait(SECONDS) == 2
    assert 'no broker has answered for 60 seconds, so the rest was ended too' in launcher.output
    launcher.assert_nothing_is_left()


def test_the_services_go_in_the_middle_of_a_demo(launcher: Launcher, engine: Engine) -> None:
    engine.type('docker compose up -d --wait')
    launcher.playground('demo', '--backend', 'compose', variables=engine.choices)
    launcher.wait_for('Work-flows')
    engine.type('docker compose kill')
    assert launcher.wait(SECONDS) == 2, launcher.output
    said = [line for line in launcher.output.splitlines() if line.startswith('playground: ')]
    assert len(said) == 1
    assert 'Traceback (most recent call last)' not in launcher.output.split('its last lines')[0]
    launcher.assert_nothing_is_left()
