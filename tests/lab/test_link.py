"""The link of make faults: what goes through it, until it is cut or silent."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from lab.faults.link import Link
from playground.ports import FREE_PORTS, LOOPBACK

SECONDS = 10.0
SILENCE = 0.3


@pytest.fixture
def link() -> Iterator[Link]:
    """A link to a server that answers with what it got."""
    with socket.create_server((LOOPBACK, 0)) as server:

        def echo(client: socket.socket) -> None:
            with client, contextlib.suppress(OSError):
                while data := client.recv(100):
                    client.sendall(data)

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=echo, args=(server.accept()[0],), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        made = Link(server.getsockname()[1])
        yield made
        made.close()
        server.shutdown(socket.SHUT_RDWR)


def connect(link: Link) -> socket.socket:
    return socket.create_connection((LOOPBACK, link.port), SECONDS)


def ask(client: socket.socket, text: bytes) -> bytes:
    client.sendall(text)
    return client.recv(100)


def is_over(client: socket.socket) -> bool:
    try:
        return client.recv(100) == b''
    except ConnectionError:
        return True


def test_it_passes_everything_on(link: Link) -> None:
    with connect(link) as client:
        assert ask(client, b'one') == b'one'
        assert ask(client, b'two') == b'two'


def test_a_cut_ends_connections_and_refuses_new_ones_until_it_is_mended(link: Link) -> None:
    with connect(link) as client:
        assert ask(client, b'one') == b'one'
        link.cut()
        assert is_over(client)
    with pytest.raises(ConnectionRefusedError):
        connect(link)
    port = link.port
    link.mend()
    assert link.port == port
    with connect(link) as client:
        assert ask(client, b'three') == b'three'


def test_clients_are_lost_and_others_may_come(link: Link) -> None:
    with connect(link) as client:
        assert ask(client, b'one') == b'one'
        link.lose_clients()
        assert is_over(client)
    with connect(link) as client:
        assert ask(client, b'two') == b'two'


def test_a_silent_link_takes_what_it_gets_and_gives_nothing(link: Link) -> None:
    with connect(link) as client:
        assert ask(client, b'one') == b'one'
        link.swallow()
        client.settimeout(SILENCE)
        with pytest.raises(TimeoutError):
            ask(client, b'two')
        client.settimeout(SECONDS)
        link.mend()
        assert is_over(client)
    with connect(link) as client:
        assert ask(client, b'three') == b'three'


def test_no_near_end_of_a_connection_takes_its_port_while_it_is_cut(link: Link) -> None:
    assert link.port in FREE_PORTS
