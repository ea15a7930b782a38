"""docker-compose.yml's services on their own ports: found, not started."""

from http import HTTPStatus

import amqp
import redis

from playground import compose_file, http
from playground.errors import PlaygroundError
from playground.ports import LOOPBACK
from playground.ports import answers as port_answers
from playground.services import login
from playground.services.running import Services
from playground.session import Session

START_THEM = 'start them with: docker compose up -d --wait'
CHOOSE_ANOTHER = 'or choose another back-end, as in: make demo BACKEND=embedded'


def answers() -> bool:
    """Tell whether the services are there.

    Raises:
        PlaygroundError: a RabbitMQ is there, but not as the notes need it.
    """
    settings = compose_file.read()
    if not port_answers(settings.broker_port) or not _speaks_amqp(settings):
        return False
    _check_redis(settings)
    return True


def start(session: Session) -> Services:
    """Take the services that run.

    Args:
        session: not used, for nothing is started.

    Raises:
        PlaygroundError: they do not run, or not as the notes need them.
    """
    if not answers():
        broker_port = compose_file.read().broker_port
        raise PlaygroundError(
            f'no RabbitMQ answers on {LOOPBACK}:{broker_port}: {START_THEM}; {CHOOSE_ANOTHER}'
        )
    settings = compose_file.read()
    return Services(
        backend='compose',
        description='RabbitMQ as broker, Redis as result backend',
        broker_url=settings.broker_url,
        result_backend=settings.result_backend,
        management_url=settings.management_url_at(settings.management_port),
        flower_url=_flower(settings),
    )


def _speaks_amqp(settings: compose_file.ComposeFile) -> bool:
    where = f'{LOOPBACK}:{settings.broker_port}'
    try:
        login.connection(settings, settings.broker_port).connect()
    except (amqp.AccessRefused, amqp.NotAllowed) as error:
        raise PlaygroundError(
            f'the RabbitMQ on {where} refuses user {settings.user} at vhost {settings.vhost}'
            f' ({error.reply_code} {error.reply_text.split(" - ")[0]}):'
            f' end it, so that docker-compose.yml’s can take its place; {CHOOSE_ANOTHER}'
        ) from None
    except (OSError, amqp.AMQPError):
        return False
    return True


def _check_redis(settings: compose_file.ComposeFile) -> None:
    where = f'{LOOPBACK}:{settings.redis_port}'
    try:
        with redis.Redis(LOOPBACK, settings.redis_port, socket_timeout=5) as client:
            client.ping()
    except redis.AuthenticationError:
        raise PlaygroundError(
            f'the Redis on {where} asks for a password that the notes do not have:'
            f' end it, so that docker-compose.yml’s can take its place; {CHOOSE_ANOTHER}'
        ) from None
    except redis.RedisError:
        raise PlaygroundError(
            f'the notes’ RabbitMQ answers, but no Redis on {where}: {START_THEM}; {CHOOSE_ANOTHER}'
        ) from None


def _flower(settings: compose_file.ComposeFile) -> str | None:
    url = f'http://{LOOPBACK}:{settings.flower_port}'
    try:
        status, _ = http.request(f'{url}/healthcheck')
    except OSError:
        return None
    return url if status == HTTPStatus.OK else None
