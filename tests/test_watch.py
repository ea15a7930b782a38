"""make play notices that services have gone which are no processes of its own."""

import socket

import pytest

from playground import play
from playground.ports import LOOPBACK
from playground.services.running import Services
from playground.waiting import wait_until

SECONDS = 10.0


@pytest.mark.parametrize('gone', ['broker', 'result backend'])
def test_a_service_that_stays_away_is_named(gone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(play, 'ASKING_SECONDS', 0.0)
    monkeypatch.setattr(play, 'SILENT_SECONDS', 0.5)
    with (
        socket.create_server((LOOPBACK, 0)) as broker,
        socket.create_server((LOOPBACK, 0)) as result_backend,
    ):
        servers = {'broker': broker, 'result backend': result_backend}
        urls = {name: f'redis://{LOOPBACK}:{it.getsockname()[1]}/' for name, it in servers.items()}
        watch = play.Watch(
            Services('compose', 'two sockets', urls['broker'], urls['result backend'])
        )
        assert watch.goes_on()
        servers[gone].close()
        # For a while it may be away.
        assert watch.goes_on()
        assert wait_until(lambda: not watch.goes_on(), SECONDS)
        assert watch.silent == gone
