"""Transactions: read and write, repeated as a whole when the database says so, errors translated at the edge."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, Table, bindparam, func, insert, literal, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.mysql import DATETIME
from sqlalchemy.exc import IntegrityError, StatementError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from backend.store.connecting import WRITES
from backend.store.failures import DUPLICATE, is_repeatable, server_code, translated
from backend.store.types import UtcDateTime

T = TypeVar("T")
_ATTEMPTS = 8


class Database:
    """An engine and the two ways to use it. Safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.embedded = engine.dialect.name == "sqlite"
        self._writing = engine.execution_options(**{WRITES: True})
        # SQLite has one writer: threads queue here instead of polling the file's lock.
        self._turn: AbstractContextManager[Any] = threading.Lock() if self.embedded else nullcontext()

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on one snapshot (SQLite) or committed data (server)."""
        return self._repeat(self._reading_once, work)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction. It may be run again from its start, so it must be idempotent."""
        return self._repeat(self._writing_once, work)

    def dispose(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()

    def _reading_once(self, work: Callable[[Connection], T]) -> T:
        with self.engine.connect() as connection:
            return work(connection)

    def _writing_once(self, work: Callable[[Connection], T]) -> T:
        with self._turn, self._writing.begin() as connection:
            return work(connection)

    def _repeat(self, once: Callable[[Callable[[Connection], T]], T], work: Callable[[Connection], T]) -> T:
        with translating():
            return _retrying()(once, work)


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
        stop=stop_after_attempt(_ATTEMPTS),
        wait=wait_random_exponential(multiplier=0.01, max=0.5),
        reraise=True,
    )


def now() -> datetime:
    """This machine's time in UTC."""
    return datetime.now(UTC)


def shared_now(connection: Connection, seconds: float = 0.0) -> ColumnElement[datetime]:
    """The time all stations agree on, `seconds` from now: the server's clock, or this machine's for SQLite."""
    if connection.dialect.name == "sqlite":
        return literal(now() + timedelta(seconds=seconds), UtcDateTime)
    moment = func.utc_timestamp(text("6"), type_=DATETIME(fsp=6))
    return func.timestampadd(text("MICROSECOND"), bindparam(None, round(seconds * 1e6)), moment, type_=UtcDateTime)


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
