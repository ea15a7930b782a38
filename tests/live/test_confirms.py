"""When a call returns: before the broker has the message, or after. advance.md, chapter 9.

The broker is the test's own and is held still, as by a full disk or a broken line.
"""

import os
import re
import signal
import threading
from collections.abc import Iterator

import pytest
import redis
from celery import Celery

from examples import outbox
from playground import services
from playground.services.running import Services
from playground.session import Session
from tests.live.rabbitmq import rabbitmqctl

SECONDS = 20.0
# A call that does not wait returns in some milliseconds.
STILL_SECONDS = 3.0


@pytest.fixture
def own(started: Services) -> Iterator[Services]:
    if started.backend == 'compose':
        pytest.skip('needs servers of its own; embedded and native have them')
    with Session() as session:
        yield services.start(started.backend, session)


def broker_process(own: Services) -> int:
    """The number of the broker's process."""
    if own.programs is None:
        with redis.Redis.from_url(own.broker_url) as client:
            return int(client.info('server')['process_id'])
    return int(re.sub(r'\D', '', rabbitmqctl(own.programs, 'eval', 'os:getpid().')))


@pytest.mark.parametrize('options', [{}, outbox.Config.broker_transport_options], ids=str)
def test_a_call_while_the_broker_stands_still(own: Services, options: dict[str, bool]) -> None:
    waits = own.programs is None or bool(options)
    with Celery('confirms', broker=own.broker_url, set_as_current=False) as app:
        app.conf.broker_transport_options = options
        app.send_task('examples.outbox.confirm', (1,))  # the connection is there from now on
        broker = broker_process(own)
        call = threading.Thread(target=app.send_task, args=('examples.outbox.confirm', (2,)))
        os.kill(broker, signal.SIGSTOP)
        try:
            call.start()
            call.join(STILL_SECONDS)
            assert call.is_alive() is waits
        finally:
            os.kill(broker, signal.SIGCONT)
        call.join(SECONDS)
        assert not call.is_alive()
