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
    rabbitmq, redis = programs(session)
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


def programs(session: Session) -> tuple[Path, Path]:
    """Find the folder of RabbitMQ's programs, and ``redis-server``.

    Args:
        session: its folder is where they are to run.

    Raises:
        PlaygroundError: one is not installed, or would not start there.
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
    return rabbitmq, redis


@dataclass(frozen=True)
class Node:
    """A RabbitMQ that can be started, and started again on its data.

    Attributes:
        name: as other nodes of a cluster call it.
        port: where it listens.
        management_port: of its management API.
        tools: a folder with a ``rabbitmqctl`` that knows this node.
        folder: where it keeps its data.
        command: its program.
        environment: of this program.
    """

    name: str
    port: int
    management_port: int
    tools: Path
    folder: Path
    command: list[str]
    environment: dict[str, str]


def start_node(
    session: Session,
    programs: Path,
    folder_name: str = 'rabbitmq',
    mapper_port: int | None = None,
    cookie: str | None = None,
    further: str = '',
) -> Node:
    """Make a folder for a RabbitMQ, start it, and wait until it answers.

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
    node = prepare_node(session, programs, folder_name, mapper_port, cookie, further)
    run_node(session, node)
    return node


def prepare_node(
    session: Session,
    programs: Path,
    folder_name: str = 'rabbitmq',
    mapper_port: int | None = None,
    cookie: str | None = None,
    further: str = '',
) -> Node:
    """Make a folder for a RabbitMQ, and choose its ports; nothing is started.

    The arguments are those of ``start_node``.
    """
    port, management_port, distribution_port = (free_port() for _ in range(3))
    folder = session.folder / folder_name
    _write_configuration(folder, port, management_port, further)
    if cookie:
        (folder / '.erlang.cookie').write_text(cookie)
        (folder / '.erlang.cookie').chmod(0o400)
    mapper = mapper_port or free_port()
    environment = _environment(folder, compose_file.read(), distribution_port, mapper, programs)
    return Node(
        name=environment['RABBITMQ_NODENAME'],
        port=port,
        management_port=management_port,
        tools=_write_tools(folder, environment, programs),
        folder=folder,
        command=[str(programs / 'rabbitmq-server')],
        environment=environment,
    )


def run_node(session: Session, node: Node) -> subprocess.Popen[bytes]:
    """Start a RabbitMQ, for the first time or on the data that it has, until it answers.

    Args:
        session: owns it.
        node: what ``prepare_node`` made.

    Returns:
        Its process, leader of a process group.

    Raises:
        PlaygroundError: it does not start.
    """
    settings = compose_file.read()
    log = node.folder / 'server.log'
    with log.open('ab') as output:
        server = session.start(
            'service',
            node.command,
            node.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=node.folder,
            **unprivileged.owned_by('rabbitmq', session.folder, node.folder),
        )

    def connects() -> bool:
        try:
            return bool(login.version(settings, node.port))
        except (OSError, amqp.AMQPError):
            return False

    if not wait_until(connects, START_SECONDS, lambda: server.poll() is None):
        raise PlaygroundError(
            'RabbitMQ did not start; its last words were:\n'
            + log.read_text(errors='replace').strip()[-800:]
        )
    return server


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
