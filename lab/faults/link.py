"""The line between a broker and its clients, which can be cut and mended."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

from playground.ports import LOOPBACK, free_port

SECONDS = 10.0
CHUNK = 65536


class Link:
    """A port of its own that leads to another one, until it is cut.

    Attributes:
        port: where clients connect.
    """

    def __init__(self, target: int) -> None:
        """Listen on a free port of 127.0.0.1.

        Args:
            target: the port of 127.0.0.1 that it leads to.
        """
        self._target = target
        # Of the clients, each with that of its connection to the target.
        self._writers: dict[asyncio.StreamWriter, asyncio.StreamWriter] = {}
        self._kept: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        # A port that the system chooses may be another program's near end while this one is cut.
        self.port = free_port()
        self._do(self._listen())

    def cut(self) -> None:
        """End all connections, and refuse new ones."""
        self._do(self._end())

    def lose_clients(self) -> None:
        """End the connections of the clients, and let the target believe that they are there."""
        self._do(self._lose_clients())

    def swallow(self) -> None:
        """Let nothing through any more, without a word to either end."""
        self._loop.call_soon_threadsafe(self._flows.clear)

    def mend(self) -> None:
        """Accept connections again; what was swallowed is gone, and so are its connections."""
        self._do(self._end())
        self._do(self._listen())

    def close(self) -> None:
        """End all of it."""
        self._do(self._end())
        self._do(self._finish())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(SECONDS)

    async def _listen(self) -> None:
        self._flows.set()
        self._server = await asyncio.start_server(self._connect, LOOPBACK, self.port)

    async def _end(self) -> None:
        self._server.close()
        for writer in [*self._writers, *self._writers.values(), *self._kept]:
            writer.transport.abort()
        self._kept.clear()

    async def _lose_clients(self) -> None:
        self._kept |= set(self._writers.values())
        for to_client in self._writers:
            to_client.transport.abort()

    async def _finish(self) -> None:
        own = asyncio.current_task()
        self._flows.set()
        await asyncio.gather(*(task for task in asyncio.all_tasks() if task is not own))

    async def _connect(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        try:
            server, to_server = await asyncio.open_connection(LOOPBACK, self._target)
        except OSError:
            to_client.transport.abort()
            return
        self._writers[to_client] = to_server
        await asyncio.gather(self._pass_on(client, to_server), self._pass_on(server, to_client))
        del self._writers[to_client]

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(CHUNK):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            if writer not in self._kept:
                writer.close()
