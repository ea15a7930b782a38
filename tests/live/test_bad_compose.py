"""What can go wrong with Docker: one clear sentence, exit status 2, nothing left, nothing lost."""

import json
import os
import signal
import socket
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest

from playground import compose_file, docker, http
from playground.docker import free_choices
from playground.ports import LOOPBACK
from playground.services.running import Services
from playground.session import Session
from playground.waiting import wait_until
from tests.live.engine import Engine, own_engine, skip_without_engine
from tests.live.launcher import Launcher
from tests.live.test_bad_situations import assert_refused, edit

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
    return own_engine(engine_session, free_choices(), launcher.repository)


@pytest.fixture
def found(request: pytest.FixtureRequest, launcher: Launcher) -> Iterator[Engine]:
    """Services that run already: those of other tests, which find again what this one breaks."""
    skip_without_engine(request.config)
    services: Services = request.getfixturevalue('compose')
    name = services.choices['COMPOSE_PROJECT_NAME']
    engine = Engine(docker.Project(name, services.choices), launcher.repository)
    yield engine
    engine.type('docker compose up -d --wait')


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


@pytest.mark.parametrize('address', ['unix:///nonexistent/docker.sock', 'tcp://127.0.0.1:1'])
def test_nothing_is_where_the_engine_should_be(
    launcher: Launcher, engine: Engine, address: str
) -> None:
    variables = {**engine.choices, 'DOCKER_HOST': address}
    launcher.playground('play', '--backend', 'compose', variables=variables)
    assert_refused(launcher, 'Docker does not answer (', address, 'BACKEND=embedded')


def test_an_engine_says_nothing(launcher: Launcher, engine: Engine, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / 'silent'))
        silent.listen()
        variables = {**engine.choices, 'DOCKER_HOST': f'unix://{tmp_path}/silent'}
        launcher.playground('demo', '--backend', 'compose', variables=variables)
        assert_refused(launcher, 'Docker did not answer within 20 seconds', 'BACKEND=embedded')


def test_a_container_has_the_port(launcher: Launcher, engine: Engine, found: Engine) -> None:
    port = found.choices['NOTES_REDIS_PORT']
    variables = {**engine.choices, 'NOTES_FLOWER_PORT': port}
    launcher.playground('play', '--backend', 'compose', variables=variables)
    taken = f'port {port} of {LOOPBACK} is taken by the container {found.name}-redis-1: end it'
    assert_refused(launcher, taken, 'as in: NOTES_FLOWER_PORT=')


def test_docker_compose_refuses_its_file(launcher: Launcher, engine: Engine) -> None:
    edit(
        launcher, {'  redis:\n    <<: *service\n': '  redis:\n    <<: *service\n    colour: red\n'}
    )
    launcher.playground('demo', '--backend', 'compose', variables=engine.choices)
    assert_refused(launcher, 'docker compose refuses (', 'colour', 'mend that')


def test_a_project_s_name_is_changed_as_docker_compose_does(engine: Engine) -> None:
    project = docker.Project(engine.name.replace('-', ' ').upper(), engine.choices)
    assert project.services() == []


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
        ({'NOTES_REDIS_PORT': '٦٣٧٩'}, "NOTES_REDIS_PORT is '٦٣٧٩', and a port is a number from"),
        ({'NOTES_FLOWER_PORT': '99999'}, "NOTES_FLOWER_PORT is '99999', and a port is a number"),
        ({'NOTES_FLOWER_PORT': '5672'}, 'two services have one port (NOTES_RABBITMQ_PORT=5672'),
        ({'NOTES_USER': 'a:b'}, 'the user a:b has a colon'),
    ],
)
def test_a_choice_cannot_be(launcher: Launcher, choices: dict[str, str], sentence: str) -> None:
    launcher.playground('demo', variables=choices)
    assert_refused(launcher, sentence, '.env')


def test_env_is_not_text(launcher: Launcher) -> None:
    (launcher.repository / '.env').write_bytes(b'NOTES_PASSWORD=\xff\xfe\n')
    launcher.files.add(Path('.env'))
    launcher.playground('demo')
    assert_refused(launcher, '.env cannot be read', '.env.example shows')


@pytest.mark.parametrize(
    'line',
    [
        *('two words', 'NOTES_VHOST there', 'NOTES_VHOST: there', '<<<<<<< HEAD', '// no'),
        *("NOTES_VHOST='there", 'NOTES_VHOST="there', "NOTES_VHOST='there' too", '=there'),
    ],
)
def test_a_line_of_env_is_no_assignment(launcher: Launcher, line: str) -> None:
    (launcher.repository / '.env').write_text(f'# one\n\n\n{line}\nNOTES_USER=chris\n')
    launcher.files.add(Path('.env'))
    launcher.playground('demo')
    assert_refused(launcher, 'line 4 of .env is no assignment', '.env.example shows')


@pytest.mark.parametrize('value', ['a$b', '"a$b"', 'a$$b', '#b', ' # a comment'])
def test_a_dollar_in_env_needs_single_quotes(launcher: Launcher, value: str) -> None:
    (launcher.repository / '.env').write_text(f'NOTES_PASSWORD={value}\n')
    launcher.files.add(Path('.env'))
    launcher.playground('demo')
    assert_refused(launcher, 'NOTES_PASSWORD in .env has a $', 'put the value into single quotes')


def test_a_difficult_password_in_the_environment(launcher: Launcher, engine: Engine) -> None:
    variables = {**engine.choices, 'NOTES_PASSWORD': DIFFICULT}
    launcher.playground('demo', '--backend', 'compose', variables=variables)
    assert launcher.wait(SECONDS) == 0, launcher.output
    assert '3 workers: ' in launcher.output
    assert 'compose: RabbitMQ ' in launcher.output
    launcher.assert_nothing_is_left()
    # It was started for the demo, so it has gone; what its user may want stays.
    assert engine.containers() == engine.networks() == []
    assert len(engine.volumes()) == 3


def test_a_difficult_password_in_env(launcher: Launcher, engine: Engine) -> None:
    value = DIFFICULT.replace("'", r'\'')
    (launcher.repository / '.env').write_text(f"NOTES_PASSWORD='{value}'\n")
    launcher.files.add(Path('.env'))
    # The worker in its container is healthy once the broker has let it in.
    engine.type('docker compose --profile worker up -d --wait')
    launcher.playground('demo', '--backend', 'compose', variables=engine.choices)
    assert launcher.wait(SECONDS) == 0, launcher.output
    assert '3 workers: ' in launcher.output
    api = f'http://{LOOPBACK}:{engine.choices["NOTES_MANAGEMENT_PORT"]}/api/whoami'
    assert http.request(api, f'celeryman:{DIFFICULT}')[0] == HTTPStatus.OK
    launcher.assert_nothing_is_left()


def test_another_password_than_the_volumes(launcher: Launcher, engine: Engine) -> None:
    engine.type('docker compose up -d --wait')
    variables = {**engine.choices, 'NOTES_PASSWORD': 'another'}
    sentence = ('refuses user celeryman', 'docker compose down -v makes it forget')
    launcher.playground('play', '--backend', 'compose', variables=variables)
    assert_refused(launcher, *sentence)
    assert len(engine.containers()) == 3
    engine.type('docker compose down')
    launcher.playground('play', '--backend', 'compose', variables=variables)
    launcher.wait(SECONDS)
    assert_refused(launcher, *sentence)
    assert engine.containers() == []
    assert len(engine.volumes()) == 3


def environment_of_rabbitmq(engine: Engine, **choices: str) -> dict[str, str]:
    """Ask docker compose how it reads its file."""
    asked = engine.type('docker compose config --format json', **choices)
    found: dict[str, str] = json.loads(asked)['services']['rabbitmq']['environment']
    return found


@pytest.mark.parametrize(
    'line',
    [
        *('plain', '', "''", 'with space', "'with space'", 'p@s:s/w%r', 'a#b', 'a #b', "'a #b'"),
        *(
            "'a\\'b'",
            r"'a\\b'",
            '',
            "'a$b'",
            "'a$$b'",
            "'${HOME}'",
            'a\\b',
            "'a\\b'",
            ' spaces around ',
        ),
    ],
)
def test_env_is_read_as_docker_compose_reads_it(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, launcher: Launcher, line: str
) -> None:
    choices = launcher.repository / '.env'
    choices.write_text(f'# one\nNOTES_PASSWORD=not\nNOTES_PASSWORD={line}\nNOTES_VHOST=there\n')
    theirs = environment_of_rabbitmq(engine)
    monkeypatch.setattr(compose_file, 'CHOICES', choices)
    monkeypatch.delenv('NOTES_PASSWORD', raising=False)
    ours = compose_file.read_as_chosen()
    # It writes a $ as it would stand in docker-compose.yml.
    assert ours.password == theirs['RABBITMQ_DEFAULT_PASS'].replace('$$', '$')
    assert ours.vhost == theirs['RABBITMQ_DEFAULT_VHOST'] == 'there'


def test_an_empty_variable_is_the_default_whatever_env_says(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, launcher: Launcher
) -> None:
    choices = launcher.repository / '.env'
    choices.write_text('NOTES_PASSWORD=other\n')
    theirs = environment_of_rabbitmq(engine, NOTES_PASSWORD='')
    monkeypatch.setattr(compose_file, 'CHOICES', choices)
    monkeypatch.setenv('NOTES_PASSWORD', '')
    ours = compose_file.read_as_chosen()
    assert ours.password == theirs['RABBITMQ_DEFAULT_PASS'] == 'pass1234'


def test_play_starts_the_services_and_ends_them(launcher: Launcher, engine: Engine) -> None:
    # Another project's variables have no part in it.
    misleading = {'COMPOSE_FILE': '/nonexistent.yml', 'COMPOSE_PROFILES': 'worker,beat'}
    launcher.playground('play', '--backend', 'compose', variables={**misleading, **engine.choices})
    launcher.wait_for('Ctrl-C ends the services; their messages and results stay')
    assert len(engine.containers()) == 3
    launcher.signal(signal.SIGINT)
    assert launcher.wait() == 0
    assert engine.containers() == engine.networks() == []
    assert len(engine.volumes()) == 3
    launcher.assert_nothing_is_left()


def test_play_leaves_the_services_that_it_found(launcher: Launcher, found: Engine) -> None:
    launcher.playground('play', '--backend', 'compose', variables=found.choices)
    launcher.wait_for('Ctrl-C ends this program; the services were there before it, and go on.')
    # One that is away for a while is no reason to end.
    found.type('docker compose restart rabbitmq')
    found.type('docker compose up -d --wait')
    launcher.signal(signal.SIGINT)
    assert launcher.wait() == 0, launcher.output
    assert len(found.containers()) == 3
    launcher.assert_nothing_is_left()


@pytest.mark.parametrize(
    ('command', 'number'),
    [('play', signal.SIGINT), ('demo', signal.SIGTERM), ('play', signal.SIGKILL)],
)
def test_a_signal_while_docker_starts_them(
    launcher: Launcher, engine: Engine, command: str, number: signal.Signals
) -> None:
    launcher.playground(command, '--backend', 'compose', variables=engine.choices)
    assert wait_until(lambda: len(engine.containers()) > 0, SECONDS)
    launcher.signal(number)
    launcher.wait(SECONDS)
    assert 'Traceback' not in launcher.output
    # A RabbitMQ that has just begun to start ends when its time to do so is over.
    assert wait_until(lambda: engine.containers() == engine.networks() == [], SECONDS)
    launcher.assert_nothing_is_left()


def test_play_notices_that_a_service_has_gone(launcher: Launcher, found: Engine) -> None:
    launcher.playground('play', '--backend', 'compose', variables=found.choices)
    launcher.wait_for('Ctrl-C ends ')
    found.type('docker compose kill rabbitmq')
    launcher.wait(SECONDS)
    said = 'no broker has answered for 60 seconds, so the rest was ended too'
    assert_refused(launcher, said, 'docker compose ps --all')


@pytest.mark.parametrize(
    ('step', 'service'),
    [
        ('Calls', 'rabbitmq'),
        ('Calls', 'redis'),
        ('Work-flows', 'flower'),
    ],
)
def test_a_service_goes_in_the_middle_of_a_demo(
    launcher: Launcher, found: Engine, step: str, service: str
) -> None:
    launcher.playground('demo', '--backend', 'compose', variables=found.choices)
    launcher.wait_for(step)
    # However long Docker takes, the demo is no further.
    launcher.signal(signal.SIGSTOP)
    found.type(f'docker compose kill {service}')
    launcher.signal(signal.SIGCONT)
    launcher.wait(SECONDS)
    assert_refused(launcher)
    said = [line for line in launcher.output.splitlines() if line.startswith('playground: ')]
    assert len(said) == 1
