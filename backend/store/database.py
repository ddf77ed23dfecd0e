"""Transactions: read and write, repeated as a whole when the database says so, errors translated at the edge."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table, insert
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, stop_after_delay, wait_random_exponential

from backend.domain.changes import Change
from backend.store import journal
from backend.store.calls import Calls
from backend.store.clock import now, shared_now
from backend.store.connecting import WRITES
from backend.store.failures import DUPLICATE, is_repeatable, server_code, translated

__all__ = ["Database", "insert_missing", "now", "shared_now", "translating"]

T = TypeVar("T")
_ATTEMPTS = 8
_TRYING_S = 8.0
"""After so long a server that does not answer is away."""


Told = Callable[[Sequence[Change]], None]
"""Hears of what was committed, on the thread that wrote it."""


class Database:
    """An engine and the ways to use it. Safe to share between threads.

    `glancing` makes short-lived questions cheap and fails fast; by default it is the same engine.
    """

    def __init__(self, engine: Engine, glancing: Engine | None = None) -> None:
        self.engine = engine
        self._glancing = glancing or engine
        self.embedded = engine.dialect.name == "sqlite"
        self._calls = None if self.embedded else Calls(engine)
        self.writer = uuid.uuid4().bytes
        self.told: list[Told] = []
        self._writing = engine.execution_options(**{WRITES: True})
        # SQLite has one writer: threads queue here instead of polling the file's lock.
        self._turn: AbstractContextManager[Any] = threading.Lock() if self.embedded else nullcontext()

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on one snapshot (SQLite) or committed data (server)."""
        return self._repeat(self._reading_once, work)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction. It may be run again from its start, so it must be idempotent."""
        return self._repeat(self._writing_once, work)

    def glance(self, work: Callable[[Connection], T]) -> T:
        """Ask what is asked all the time, with one round trip per statement.

        On a server it fails within about a second where that does not answer: StoreUnavailableError. Only a
        connection that broke between two questions is replaced, once.
        """
        with translating():
            try:
                return self._glance_once(work)
            except DBAPIError as error:
                if not error.connection_invalidated or (
                    error.orig and isinstance(error.orig.__context__, TimeoutError)
                ):
                    raise
                return self._glance_once(work)

    def _glance_once(self, work: Callable[[Connection], T]) -> T:
        with self._glancing.connect() as connection:
            return work(connection)

    def hang_up(self) -> None:
        """Have every call that waits for a server's answer fail now; each is repeated as a whole."""
        if self._calls is not None:
            self._calls.hang_up()

    def dispose(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()
        self._glancing.dispose()

    def _reading_once(self, work: Callable[[Connection], T]) -> T:
        with self.engine.connect() as connection:
            return work(connection)

    def _writing_once(self, work: Callable[[Connection], T]) -> T:
        with self._turn, self._writing.begin() as connection:
            journal.begin(connection)
            result = work(connection)
            changes = journal.write(connection, self.writer)
        for told in self.told if changes else ():
            told(changes)
        return result

    def _repeat(self, once: Callable[[Callable[[Connection], T]], T], work: Callable[[Connection], T]) -> T:
        with translating():
            return _retrying()(once, work)


def _waited_in_vain(error: DBAPIError) -> bool:
    return error.orig is not None and isinstance(error.orig.__context__, TimeoutError)


@contextmanager
def translating() -> Iterator[None]:
    """Turn drivers' errors into StoreUnavailableError and StoreRefusedError."""
    try:
        yield
    except StatementError as error:
        raise translated(error) from error


def _retrying() -> Retrying:
    return Retrying(
        retry=retry_if_exception(is_repeatable),
        stop=stop_after_attempt(_ATTEMPTS) | stop_after_delay(_TRYING_S),
        wait=wait_random_exponential(multiplier=0.01, max=0.5),
        reraise=True,
    )


def insert_missing(connection: Connection, into: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows, leaving alone those whose unique key is there already."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.execute(sqlite.insert(into).on_conflict_do_nothing(), rows)
        return
    _insert_on_server(connection, into, rows)


def _insert_on_server(connection: Connection, into: Table, rows: list[dict[str, Any]]) -> None:
    """Without ON DUPLICATE KEY UPDATE, which accounts that may not update could not use, and without IGNORE, which
    would hide other errors. A server undoes the failed statement only, not the transaction."""
    try:
        connection.execute(insert(into), rows)
    except IntegrityError as error:
        if server_code(error) != DUPLICATE:
            raise
        for row in rows if len(rows) > 1 else ():
            _insert_on_server(connection, into, [row])
