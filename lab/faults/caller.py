"""The program that sends the tasks, and what became of its calls."""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from celery import Celery
from kombu import pools

from lab.servers import Server

Send = Callable[[Celery, int], str]

GOODBYE_SECONDS = 10.0


class Caller:
    """Numbers the tasks that it sends.

    Attributes:
        attempted: the numbers of all calls.
        accepted: the task ids of those that returned, by number.
        errors: how often each kind of error was raised by the others.
    """

    def __init__(self, server: Server, settings: Mapping[str, Any]) -> None:
        """Choose where the tasks go; nothing is sent.

        Args:
            server: the broker and the result backend.
            settings: as ``profiles.settings`` returns them.
        """
        self._server = server
        self._settings = settings
        self.attempted: list[int] = []
        self.accepted: dict[int, str] = {}
        self.errors: Counter[str] = Counter()

    @contextlib.contextmanager
    def app(self) -> Iterator[Celery]:
        """An app with connections of its own, which are closed in the end.

        A connection that waits in a pool while its broker is killed is another question than the
        one of a fault that strikes a worker.
        """
        app = Celery(
            'caller',
            broker=self._server.broker_url,
            backend=self._server.result_backend,
            set_as_current=False,
        )
        app.conf.update(self._settings)
        try:
            yield app
        finally:
            connection = app.connection_for_write()
            app.pool.force_close_all()
            for pool in pools.producers, pools.connections:
                with contextlib.suppress(KeyError):
                    del pool[connection]
            app.close()

    def finish(self, app: Celery) -> None:
        """Take leave of RabbitMQ, so that it reads what was sent last.

        A connection that only ends, as those of ``app`` do, may take unconfirmed messages with it:
        up to 43 of 50 on a busy machine. A program that ends by itself loses none.

        Args:
            app: what ``app`` made, and has sent with.
        """
        if self._server.is_redis:
            return
        # Where the broker is away, nobody answers.
        with contextlib.suppress(Exception), app.producer_pool.acquire(block=True) as producer:
            connection = producer.connection
            connection.connection.transport.sock.settimeout(GOODBYE_SECONDS)
            connection.close()

    def call(self, app: Celery, send: Send) -> None:
        """Send the next task, whatever comes of it.

        Args:
            app: what ``app`` made.
            send: sends the task of a number, and returns its id.
        """
        number = len(self.attempted)
        self.attempted.append(number)
        try:
            self.accepted[number] = send(app, number)
        # Which errors a call can raise is what is asked.
        except Exception as error:
            self.errors[type(error).__name__] += 1
