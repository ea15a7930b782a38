"""The notes' user at a RabbitMQ of 127.0.0.1."""

import amqp

from playground.compose_file import ComposeFile
from playground.ports import LOOPBACK

SECONDS = 5


def version(settings: ComposeFile, port: int) -> str:
    """Log in with the notes' user and vhost, and name RabbitMQ's version.

    Args:
        settings: user, password and vhost.
        port: where RabbitMQ listens.

    Raises:
        amqp.AMQPError: it refuses the log-in.
        OSError: nothing listens, or something that does not speak AMQP.
    """
    opened = connection(settings, port)
    opened.connect()
    named = str(opened.server_properties['version'])
    opened.close()
    return named


def connection(settings: ComposeFile, port: int) -> amqp.Connection:
    """Prepare a connection with the notes' user and vhost; ``connect`` opens it.

    Args:
        settings: user, password and vhost.
        port: where RabbitMQ listens.
    """
    return amqp.Connection(
        host=f'{LOOPBACK}:{port}',
        userid=settings.user,
        password=settings.password,
        virtual_host=settings.vhost,
        connect_timeout=SECONDS,
        read_timeout=SECONDS,
        write_timeout=SECONDS,
    )
