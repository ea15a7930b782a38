"""Finds free ports on 127.0.0.1."""

import random
import socket

LOOPBACK = '127.0.0.1'

# Below the ranges from which Linux (32768) and macOS (49152) take the near end of an outgoing
# connection: a port found here is not lost to one of those before its server binds it.
FREE_PORTS = range(20000, 32000)

_reservations: list[socket.socket] = []


def is_free(port: int) -> bool:
    """Tell whether a server could listen on a port of 127.0.0.1."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Tell whether something accepts connections on a port of 127.0.0.1."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=2).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    """Choose a free port at random, and keep it from the other processes that choose one.

    Raises:
        OSError: none of 1000 tries was free.
    """
    for port in random.sample(FREE_PORTS, min(1000, len(FREE_PORTS))):
        if is_free(port) and _reserve(port):
            return port
    raise OSError(f'no free port between {FREE_PORTS.start} and {FREE_PORTS.stop}')


def _reserve(port: int) -> bool:
    """Take the UDP port of the same number, which no server of ours uses, until this process ends.

    RabbitMQ takes seconds to listen on its ports. Until then they look free.
    """
    reservation = socket.socket(type=socket.SOCK_DGRAM)
    try:
        reservation.bind((LOOPBACK, port))
    except OSError:
        reservation.close()
        return False
    _reservations.append(reservation)
    return True
