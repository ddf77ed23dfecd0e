"""A proxy between two programs that delays, throttles, swallows or cuts what passes, on real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import socket


def free_port() -> int:
    """A port of the loopback interface that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Proxy:
    """Listens on `port` and passes everything on to `target`, until told otherwise.

    `cut_answers_after`: bytes of answers after which every connection is cut, in the middle of whatever is under way;
    counted anew for each connection. `swallow`: take everything and pass nothing on, as a network does that was
    unplugged. `rate`: bytes a second towards the target.
    """

    def __init__(self, target: int) -> None:
        self.target, self.port = target, 0
        self.cut_answers_after: int | None = None
        self.swallow, self.rate, self.connections = False, 0, 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """End all connections now, without a word."""
        for writer in self._writers:
            with contextlib.suppress(RuntimeError):
                writer.transport.abort()
        self._writers.clear()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, back}
        for pump in (self._forward(reader, back), self._answer(there, writer)):
            task = asyncio.create_task(pump)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(4096 if self.rate else 65536):
                if self.rate:
                    await asyncio.sleep(len(data) / self.rate)
                if not self.swallow:
                    writer.write(data)
                    await writer.drain()
        writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = self.cut_answers_after
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if left is not None:
                    data, left = data[:left], left - len(data)
                if not self.swallow:
                    writer.write(data)
                    await writer.drain()
                if left is not None and left <= 0:
                    await asyncio.sleep(0)
                    break
        writer.transport.abort()
