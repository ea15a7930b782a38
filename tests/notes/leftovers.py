"""Finds what a chapter leaves behind: in the broker, in the result backend, on disk, running."""

import contextlib
import fnmatch
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import amqp
import psutil
import redis

from playground import compose_file, http
from playground.processes import marked
from playground.services import login
from playground.services.running import Services
from playground.session import Session
from playground.waiting import wait_until
from tests.fresh_services import management
from tests.repository_copy import files_of

# A result stays for a day: README.md says so.
RESULTS = ('celery-task-meta-*', 'celery-taskset-meta-*')
# kombu notes an exchange's queues under both: kombu/transport/redis.py, ``_queue_bind``.
BINDINGS = ('_kombu.binding.', '_kombu.binding_permanent.')


class Leftovers:
    """What was there when a chapter began, to compare with."""

    def __init__(self, services: Services, session: Session, folder: Path) -> None:
        """Take note of all that is there.

        Args:
            services: the broker and the result backend of the chapter.
            session: its processes are the chapter's.
            folder: where the chapter's commands run.
        """
        self._services = services
        self._session = session
        self._folder = folder
        self._before = self._names()

    def found(self, allowed: Sequence[str], seconds: float) -> list[str]:
        """List what is there now and was not.

        Args:
            allowed: patterns of what may be left, as in ``queue slow`` or ``file *.log``.
            seconds: how long to wait for what goes by itself, such as the queue of a connection.

        Returns:
            One name each: ``queue …``, ``message in queue …``, ``exchange …``, ``key …``,
            ``file …`` or ``process …``.
        """
        left: list[str] = []

        def nothing_is_left() -> bool:
            names = sorted(self._names() - self._before)
            left[:] = [
                name for name in names if not any(fnmatch.fnmatchcase(name, p) for p in allowed)
            ]
            return not left

        wait_until(nothing_is_left, seconds)
        return left

    def _names(self) -> set[str]:
        names = self._keys() | self._processes()
        names |= {f'file {path}' for path in files_of(self._folder)}
        return names | (self._of_rabbitmq() if self._services.has_rabbitmq else set())

    def _processes(self) -> set[str]:
        found = set()
        for process in marked(self._session.identifier):
            with contextlib.suppress(psutil.Error):
                found.add(f'process {_as_typed(process.cmdline())}')
        return found

    def _keys(self) -> set[str]:
        """On Redis a queue is a list, and an exchange the set of its bindings."""
        names = set()
        with redis.Redis.from_url(self._services.result_backend, decode_responses=True) as client:
            for key in client.scan_iter():
                if any(fnmatch.fnmatchcase(key, pattern) for pattern in RESULTS):
                    continue
                if key.startswith(BINDINGS):
                    names.add(f'exchange {key.split(".", 2)[2]}')
                elif client.type(key) == 'list':
                    names.add(f'message in queue {key}')
                else:
                    names.add(f'key {key}')
        return names

    def _of_rabbitmq(self) -> set[str]:
        vhost = urlsplit(self._services.broker_url).path.removeprefix('/')
        queues = [queue['name'] for queue in self._ask(f'queues/{vhost}?columns=name')]
        # A monitor's own queue goes with it; Docker's Flower takes a new one when it connects anew.
        queues = [name for name in queues if not name.startswith('celeryev.')]
        exchanges = [exchange['name'] for exchange in self._ask(f'exchanges/{vhost}?columns=name')]
        names = {f'queue {name}' for name in queues}
        names |= {f'message in queue {name}' for name in self._with_messages(queues)}
        return names | {f'exchange {name}' for name in exchanges}

    def _ask(self, resource: str) -> list[dict[str, Any]]:
        api, credentials = management(self._services)
        found: list[dict[str, Any]] = json.loads(http.request(api + resource, credentials)[1])
        return found

    def _with_messages(self, queues: Iterable[str]) -> Iterator[str]:
        """Ask the broker itself: its management is seconds behind."""
        port = urlsplit(self._services.broker_url).port or 5672
        with login.connection(compose_file.read(), port) as connection:
            for queue in queues:
                # A queue that has gone, or is another connection's own, closes the channel.
                with contextlib.suppress(amqp.NotFound, amqp.ResourceLocked):
                    channel = connection.channel()
                    if channel.queue_declare(queue, passive=True).message_count:
                        yield queue


def _as_typed(command: list[str]) -> str:
    """A command without its folder, and without the Python that runs it."""
    if len(command) > 1 and Path(command[0]).name.startswith('python') and command[1][:1] != '-':
        command = command[1:]
    return ' '.join([Path(command[0]).name, *command[1:]]) if command else '(ended)'
