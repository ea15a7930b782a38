"""docker-compose.yml's services: found on their ports, or started by Docker."""

from http import HTTPStatus

import amqp
import redis

from playground import compose_file, docker, http
from playground.compose_file import ComposeFile
from playground.docker import CHOOSE_ANOTHER
from playground.errors import PlaygroundError
from playground.ports import LOOPBACK
from playground.ports import answers as port_answers
from playground.services import key_value_server, login
from playground.services.running import Services
from playground.session import Session

START_THEM = 'start them with: docker compose up -d --wait'


def answers() -> bool:
    """Tell whether the services are there.

    Raises:
        PlaygroundError: a RabbitMQ is there, but not as the notes need it.
    """
    settings = compose_file.read_as_chosen()
    if not port_answers(settings.broker_port) or _rabbitmq_version(settings) is None:
        return False
    _redis_version(settings)
    return True


def start(session: Session) -> Services:
    """Take the services that run, or start them until the session ends.

    What was started goes when the session ends; the volumes, with their messages, stay.

    Args:
        session: ends what is started.

    Raises:
        PlaygroundError: Docker cannot start them, or they are not as the notes need them.
    """
    settings = compose_file.read_as_chosen()
    ends = 'this program; the services were there before it, and go on'
    if not answers():
        ends = 'the services; their messages and results stay for the next start'
        docker.check()
        project = docker.Project(settings.project)
        if project.services():
            raise PlaygroundError(
                f'services of docker-compose.yml run, but no RabbitMQ answers on'
                f' {LOOPBACK}:{settings.broker_port}: {START_THEM}; {CHOOSE_ANOTHER}'
            )
        project.up(session, settings, forget=False)
    return _services(settings, {}, ends)


def start_own(session: Session) -> Services:
    """Start the services in a project of its own, on free ports; nothing of it stays.

    Args:
        session: ends them.

    Raises:
        PlaygroundError: Docker cannot start them.
    """
    docker.check()
    project = docker.own_project(docker.free_choices())
    settings = compose_file.read(choices=project.choices)
    project.up(session, settings, forget=True)
    return _services(settings, project.choices, 'the services, and nothing stays behind')


def _services(settings: ComposeFile, choices: dict[str, str], ends: str) -> Services:
    return Services(
        backend='compose',
        description=f'RabbitMQ {_rabbitmq_version(settings)} as broker,'
        f' {_redis_version(settings)} as result backend',
        broker_url=settings.broker_url,
        result_backend=settings.result_backend,
        management_url=settings.management_url_at(settings.management_port),
        flower_url=_flower(settings),
        credentials=settings.credentials,
        choices=choices,
        ends=ends,
    )


def _rabbitmq_version(settings: ComposeFile) -> str | None:
    where = f'{LOOPBACK}:{settings.broker_port}'
    try:
        return login.version(settings, settings.broker_port)
    except (amqp.AccessRefused, amqp.NotAllowed) as error:
        raise PlaygroundError(
            f'the RabbitMQ on {where} refuses user {settings.user} at vhost {settings.vhost}'
            f' ({error.reply_code} {error.reply_text.split(" - ")[0]}):'
            ' if it is that of docker-compose.yml, it was first started with others, which'
            ' docker compose down -v makes it forget, with all messages; otherwise end it, so that'
            f' docker-compose.yml’s can take its place; {CHOOSE_ANOTHER}'
        ) from None
    except (OSError, amqp.AMQPError):
        return None


def _redis_version(settings: ComposeFile) -> str:
    where = f'{LOOPBACK}:{settings.redis_port}'
    try:
        return key_value_server.version(f'redis://{where}/')
    except redis.AuthenticationError:
        raise PlaygroundError(
            f'the Redis on {where} asks for a password that the notes do not have:'
            f' end it, so that docker-compose.yml’s can take its place; {CHOOSE_ANOTHER}'
        ) from None
    except redis.RedisError:
        raise PlaygroundError(
            f'the notes’ RabbitMQ answers, but no Redis on {where}: {START_THEM}; {CHOOSE_ANOTHER}'
        ) from None


def _flower(settings: ComposeFile) -> str | None:
    url = f'http://{LOOPBACK}:{settings.flower_port}'
    try:
        status, _ = http.request(f'{url}/healthcheck')
    except OSError:
        return None
    return url if status == HTTPStatus.OK else None
