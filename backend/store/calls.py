"""Calls: connections on which somebody waits for an answer, and the way to end that wait."""

from __future__ import annotations

import contextlib
import socket
import threading

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry


class Calls:
    """The connections of a server's engine that are in use."""

    def __init__(self, engine: Engine) -> None:
        self._lock = threading.Lock()
        self._in_use: dict[int, DBAPIConnection] = {}
        event.listen(engine, "checkout", self._begun)
        event.listen(engine, "checkin", self._ended)

    def hang_up(self) -> int:
        """Break them all: whoever waits for an answer gets an error now. Returns how many there were."""
        with self._lock:
            in_use = list(self._in_use.values())
        for connection in in_use:
            line: socket.socket | None = getattr(connection, "_sock", None)
            if line is not None:
                with contextlib.suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
        return len(in_use)

    def _begun(self, connection: DBAPIConnection, _record: ConnectionPoolEntry, _proxy: object) -> None:
        with self._lock:
            self._in_use[id(connection)] = connection

    def _ended(self, connection: DBAPIConnection | None, _record: ConnectionPoolEntry) -> None:
        with self._lock:
            self._in_use.pop(id(connection), None)
