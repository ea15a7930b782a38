"""Finds out where on this machine a server can be reached."""

import contextlib
import socket
from collections.abc import Iterable, Iterator

import psutil

from playground.processes import marked

SECONDS = 2.0


def listening(session: str) -> Iterator[tuple[str, int]]:
    """List the addresses at which the processes of a session listen.

    Args:
        session: the mark of the processes.
    """
    for process in marked(session):
        with contextlib.suppress(psutil.Error):
            for connection in process.net_connections('tcp'):
                if connection.status == psutil.CONN_LISTEN and connection.laddr:
                    yield connection.laddr.ip, connection.laddr.port


def addresses_outside() -> list[tuple[int, str]]:
    """List this machine's addresses but those of the loopback, each with its family.

    An address of the link alone (fe80) is left out: it is none without its interface. The bridges
    to containers are among them. From this machine a container can also be reached by its own
    address behind such a bridge, whatever it publishes; that is no address of this machine, and no
    other machine has a way to it.
    """
    return [
        (address.family, address.address)
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family in (socket.AF_INET, socket.AF_INET6)
        and address.address != '::1'
        and not address.address.startswith(('127.', 'fe80'))
    ]


def refuses_from_outside(ports: Iterable[int]) -> bool:
    """Try to reach ports of this machine by its other addresses than those of the loopback.

    Args:
        ports: what to try.

    Returns:
        Whether none of them answers.
    """
    asked = list(ports)
    return not any(
        _answers(family, address, port) for family, address in addresses_outside() for port in asked
    )


def _answers(family: int, address: str, port: int) -> bool:
    with socket.socket(family) as client:
        client.settimeout(SECONDS)
        return client.connect_ex((address, port)) == 0
