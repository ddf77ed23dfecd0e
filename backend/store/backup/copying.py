"""Rows and blobs from one database to another, in portions, with what was copied told on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, text

from backend.store.backup.file import PORTION, copied_tables
from backend.store.blobs.protocol import BlobStore
from backend.store.database import Database, translating
from backend.store.library import shared_backbones
from backend.store.tables import models, plots, upkeep, work
from backend.store.types import EPOCH

Told = Callable[[str, int], None]
"""Hears of what is copied: a table or "images", and how many rows of it so far."""

_NAMES = 64
_PORTION_BYTES = 16 * 2**20
_LONG_READ = "SET time_zone = '+00:00' /*M!100300 , idle_transaction_timeout = 3600 */"
_FREED: dict[str, dict[str, Any]] = {
    work.name: {"owner": None, "lease_until": EPOCH},
    upkeep.name: {"owner": "", "lease_until": EPOCH},
}
"""Nobody holds what comes out of a backup."""


@contextmanager
def snapshot(database: Database) -> Iterator[Connection]:
    """A connection on which everything is of one moment, however long it is read, while others go on writing."""
    with translating(), database.engine.connect() as plain:
        connection = plain
        if not database.embedded:
            connection = plain.execution_options(isolation_level="REPEATABLE READ")
            connection.exec_driver_sql(_LONG_READ)
        try:
            yield connection
        finally:
            if not database.embedded:
                connection.invalidate()  # its session is not like the others


def copy_rows(source: Connection, target: Database, told: Told) -> dict[str, int]:
    """All rows of all tables into an empty target; returns how many by table."""
    return {table.name: _copy_table(source, target, table, told) for table in copied_tables()}


def _copy_table(source: Connection, target: Database, table: Table, told: Told) -> int:
    done = 0
    query = select(table).order_by(*table.primary_key.columns)
    rows = source.execution_options(stream_results=True, yield_per=PORTION).execute(query)
    for portion in rows.mappings().partitions(PORTION):
        values = [{**row, **_FREED.get(table.name, {})} for row in portion]
        target.write(lambda connection, values=values: _insert(connection, table, values))  # type: ignore[misc]
        done += len(values)
        told(table.name, done)
    return done


def _insert(connection: Connection, table: Table, values: list[dict[str, Any]]) -> None:
    with _in_any_order(connection):
        connection.execute(insert(table), values)


@contextmanager
def _in_any_order(connection: Connection) -> Iterator[None]:
    """Groups lie in groups, the outermost in itself: what rows refer to may come later or go first."""
    embedded = connection.dialect.name == "sqlite"
    connection.execute(text("PRAGMA defer_foreign_keys = ON" if embedded else "SET foreign_key_checks = 0"))
    try:
        yield
    finally:
        if not embedded:
            connection.execute(text("SET foreign_key_checks = 1"))


def clear_seeds(target: Database) -> None:
    """Remove the rows a new schema has from the beginning: those of the backup take their place."""

    def write(connection: Connection) -> None:
        with _in_any_order(connection):
            for table in reversed(copied_tables()):
                if connection.scalar(select(func.count()).select_from(table)):
                    connection.execute(table.delete())

    target.write(write)


def blob_names(connection: Connection) -> Iterator[Sequence[str]]:
    """Names of all images that are kept and of all models, in portions; a name may come twice."""
    kept = select(plots.c.sha256).where(plots.c.image_expired_at.is_(None)).distinct()
    yield from connection.scalars(kept).partitions(_NAMES)
    yield from connection.scalars(select(models.c.digest)).partitions(_NAMES)
    yield sorted(shared_backbones(connection))


class BlobCarrier:
    """Gathers blobs and puts them in portions of bounded size."""

    def __init__(self, target: BlobStore, told: Told) -> None:
        self._target, self._told = target, told
        self._held: dict[str, bytes] = {}
        self._bytes = 0
        self.done = 0

    def add(self, name: str, data: bytes) -> None:
        """One more."""
        self._held[name] = data
        self._bytes += len(data)
        if len(self._held) >= _NAMES or self._bytes >= _PORTION_BYTES:
            self.flush()

    def flush(self) -> None:
        """Put what is held."""
        self._target.put_many(self._held)
        self.done += len(self._held)
        self._held, self._bytes = {}, 0
        self._told("images", self.done)
