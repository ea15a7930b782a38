"""Private instances of the system's RabbitMQ and Redis, with the notes' user and vhost."""

import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import amqp

from playground import compose_file
from playground.errors import PlaygroundError
from playground.ports import LOOPBACK, free_port
from playground.services import key_value_server, login, unprivileged
from playground.services.running import Services
from playground.session import Session
from playground.waiting import wait_until

START_SECONDS = 90.0

# Its start-up scripts evaluate the paths that they are given.
QUOTATION_MARKS = re.compile('[\'"`]')

# Debian's own /usr/sbin/rabbitmq-server is a wrapper that only root may run.
PROGRAMS = (Path('/usr/lib/rabbitmq/bin'), Path('/usr/local/sbin'), Path('/opt/homebrew/sbin'))

# What rabbitmqctl needs to find the node, and in HOME the cookie that lets it in.
TOOL_VARIABLES = ('HOME', 'RABBITMQ_NODENAME', 'ERL_EPMD_PORT', 'RABBITMQ_CONF_ENV_FILE')

INSTALL_THEM = 'install them (on Debian: sudo apt install rabbitmq-server redis-server)'


def missing() -> list[str]:
    """Name the servers that this machine does not have."""
    return [
        name
        for name, found in (('rabbitmq-server', rabbitmq_programs()), ('redis-server', _redis()))
        if found is None
    ]


def start(session: Session) -> Services:
    """Start both servers and wait until they answer.

    Args:
        session: owns the servers.

    Raises:
        PlaygroundError: a server is not installed, or does not start where it would be.
    """
    rabbitmq, redis = rabbitmq_programs(), _redis()
    if rabbitmq is None or redis is None:
        raise PlaygroundError(
            f'the native back-end needs {" and ".join(missing())}: {INSTALL_THEM},'
            ' then run this again'
        )
    quotation_mark = QUOTATION_MARKS.search(str(session.folder))
    if quotation_mark:
        raise PlaygroundError(
            f'RabbitMQ does not start in a folder with {quotation_mark.group()} in its path, as'
            f' {session.folder.parent} has: name another one, as in: make demo TMPDIR=/var/tmp'
        )
    result_backend = key_value_server.start(redis, session)
    node = start_node(session, rabbitmq)
    settings = compose_file.read()
    return Services(
        backend='native',
        description=f'RabbitMQ {login.version(settings, node.port)} as broker,'
        f' {key_value_server.version(result_backend)} as result backend',
        broker_url=settings.broker_url_at(node.port),
        result_backend=result_backend,
        management_url=settings.management_url_at(node.management_port),
        programs=node.tools,
    )


@dataclass(frozen=True)
class Node:
    """A RabbitMQ that answers.

    Attributes:
        name: as other nodes of a cluster call it.
        port: where it listens.
        management_port: of its management API.
        tools: a folder with a ``rabbitmqctl`` that knows this node.
    """

    name: str
    port: int
    management_port: int
    tools: Path


def start_node(
    session: Session,
    programs: Path,
    folder_name: str = 'rabbitmq',
    mapper_port: int | None = None,
    cookie: str | None = None,
    further: str = '',
) -> Node:
    """Start a RabbitMQ and wait until it answers.

    Args:
        session: owns it.
        programs: the folder of RabbitMQ's programs.
        folder_name: where in the session's folder it keeps its data.
        mapper_port: where the nodes of a cluster find each other; without one, a free port.
        cookie: what they show each other to be let in; without one, a random one.
        further: lines for the end of its rabbitmq.conf.

    Raises:
        PlaygroundError: it does not start.
    """
    settings = compose_file.read()
    port, management_port, distribution_port = (free_port() for _ in range(3))
    folder = session.folder / folder_name
    _write_configuration(folder, port, management_port, further)
    if cookie:
        (folder / '.erlang.cookie').write_text(cookie)
        (folder / '.erlang.cookie').chmod(0o400)
    mapper = mapper_port or free_port()
    environment = _environment(folder, settings, distribution_port, mapper, programs)
    log = folder / 'server.log'
    with log.open('wb') as output:
        server = session.start(
            'service',
            [str(programs / 'rabbitmq-server')],
            environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            **unprivileged.owned_by('rabbitmq', session.folder, folder),
        )

    def connects() -> bool:
        try:
            return bool(login.version(settings, port))
        except (OSError, amqp.AMQPError):
            return False

    if not wait_until(connects, START_SECONDS, lambda: server.poll() is None):
        raise PlaygroundError(
            'RabbitMQ did not start; its last words were:\n'
            + log.read_text(errors='replace').strip()[-800:]
        )
    tools = _write_tools(folder, environment, programs)
    return Node(environment['RABBITMQ_NODENAME'], port, management_port, tools)


def rabbitmq_programs() -> Path | None:
    """The folder of RabbitMQ's programs."""
    return next((folder for folder in PROGRAMS if (folder / 'rabbitmq-server').exists()), None)


def _redis() -> Path | None:
    found = shutil.which('redis-server')
    return Path(found) if found else None


def _write_configuration(folder: Path, port: int, management_port: int, further: str) -> None:
    folder.mkdir()
    (folder / 'rabbitmq.conf').write_text(
        f'listeners.tcp.1 = {LOOPBACK}:{port}\n'
        f'management.tcp.ip = {LOOPBACK}\n'
        f'management.tcp.port = {management_port}\n{further}'
    )
    (folder / 'enabled_plugins').write_text('[rabbitmq_management].\n')


def _environment(
    folder: Path,
    settings: compose_file.ComposeFile,
    distribution_port: int,
    mapper_port: int,
    programs: Path,
) -> dict[str, str]:
    return {
        'PATH': f'{programs}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
        'HOME': str(folder),
        'LANG': 'C.UTF-8',
        'RABBITMQ_NODENAME': f'notes{distribution_port}@localhost',
        'RABBITMQ_CONF_ENV_FILE': '/dev/null',
        'RABBITMQ_CONFIG_FILE': str(folder / 'rabbitmq'),
        'RABBITMQ_ENABLED_PLUGINS_FILE': str(folder / 'enabled_plugins'),
        'RABBITMQ_MNESIA_BASE': str(folder / 'mnesia'),
        'RABBITMQ_LOG_BASE': str(folder / 'log'),
        'RABBITMQ_DIST_PORT': str(distribution_port),
        'RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS': '-kernel inet_dist_use_interface {127,0,0,1}',
        'RABBITMQ_DEFAULT_USER': settings.user,
        'RABBITMQ_DEFAULT_PASS': settings.password,
        'RABBITMQ_DEFAULT_VHOST': settings.vhost,
        'ERL_EPMD_ADDRESS': LOOPBACK,
        'ERL_EPMD_PORT': str(mapper_port),
    }


def _write_tools(folder: Path, environment: dict[str, str], programs: Path) -> Path:
    tools = folder / 'bin'
    tools.mkdir()
    variables = ' '.join(f'{name}={shlex.quote(environment[name])}' for name in TOOL_VARIABLES)
    rabbitmqctl = tools / 'rabbitmqctl'
    rabbitmqctl.write_text(f'#!/bin/sh\n{variables} exec {programs / "rabbitmqctl"} "$@"\n')
    rabbitmqctl.chmod(0o755)
    return tools
