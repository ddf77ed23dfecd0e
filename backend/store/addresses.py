"""Where a server may be found: several addresses, tried in order, and never two of them at once.

The one that answered last is kept, for this process's connections must all see the same data. A server that is
read-only is passed over: it is a replica, or was the primary before another was made so.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Dialect, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from backend.domain.errors import StoreRefusedError

log = logging.getLogger(__name__)

Address = tuple[str, int]

_DEFAULT_PORT = 3306
_READ_ONLY = frozenset({1290, 1836})
_PLACE = "hydra_address"


def read_address(text: str) -> Address:
    """HOST or HOST:PORT or [IPv6]:PORT; ValueError where it is neither."""
    host, bracket, rest = text.removeprefix("[").partition("]") if text.startswith("[") else text.partition(":")
    port = rest.removeprefix(":") if bracket == "]" else rest
    if not host or (port and not port.isdigit()) or int(port or _DEFAULT_PORT) > 65535:
        raise ValueError(f"{text!r} is no address: HOST or HOST:PORT is.")
    return host, int(port or _DEFAULT_PORT)


def read_failover(texts: Sequence[str]) -> list[Address]:
    """Further addresses of a server; StoreRefusedError where one cannot be read."""
    try:
        return [read_address(text) for text in texts]
    except ValueError as error:
        raise StoreRefusedError(f"store.failover cannot be used: {error}") from error


class Addresses:
    """The addresses of one server, the first one preferred at the start. Shared by all engines of a process."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        self._all = list(addresses)
        self._place = 0
        self._lock = threading.Lock()

    def serve(self, engine: Engine) -> None:
        """Have `engine` connect through these addresses; nothing where there is only one."""
        if len(self._all) < 2:
            return
        event.listen(engine, "do_connect", self._connect)
        event.listen(engine, "checkout", self._check)
        event.listen(engine, "handle_error", self._leave_read_only)

    def _connect(
        self, dialect: Dialect, record: ConnectionPoolEntry, _args: object, parameters: dict[str, Any]
    ) -> DBAPIConnection:
        with self._lock:
            start = self._place
        trouble: Exception | None = None
        for step in range(len(self._all)):
            place = (start + step) % len(self._all)
            try:
                connection = self._try(dialect, place, parameters)
            except dialect.loaded_dbapi.OperationalError as error:
                trouble = trouble or error
                continue
            self._settle(place)
            record.info[_PLACE] = place
            return connection
        assert trouble is not None  # noqa: S101 - there are addresses, and none of them worked
        raise trouble

    def _try(self, dialect: Dialect, place: int, parameters: dict[str, Any]) -> DBAPIConnection:
        host, port = self._all[place]
        connection: DBAPIConnection = dialect.loaded_dbapi.connect(**{**parameters, "host": host, "port": port})
        cursor = connection.cursor()
        cursor.execute("SELECT @@global.read_only")
        answer = cursor.fetchone()
        cursor.close()
        if answer and answer[0]:
            connection.close()
            raise dialect.loaded_dbapi.OperationalError(2003, f"The server at {host}:{port} is read-only")
        return connection

    def _settle(self, place: int) -> None:
        with self._lock:
            if place != self._place:
                log.warning("the database is at %s:%d from now on", *self._all[place])
            self._place = place

    def _check(self, _connection: object, record: ConnectionPoolEntry, _proxy: object) -> None:
        """A pooled connection to the server that was left behind must not be used, even if it lives again."""
        if record.info.get(_PLACE) != self._place:
            raise DisconnectionError

    def _leave_read_only(self, context: ExceptionContext) -> None:
        arguments = context.original_exception.args if context.original_exception else ()
        if arguments and arguments[0] in _READ_ONLY:
            context.is_disconnect = True
            with self._lock:
                self._place = (self._place + 1) % len(self._all)
