"""Bringing a backup into an empty store, on whichever database. Until it is whole no station uses that store."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import Connection, func, select, text

from backend.domain.errors import BackupError, StoreRefusedError
from backend.store import migrating
from backend.store.backup.copying import BlobCarrier, Told, blob_names, clear_seeds, copy_rows, snapshot
from backend.store.backup.file import copied_tables, opened, read_facts
from backend.store.backup.taking import BackupResult
from backend.store.blobs.in_database import DatabaseBlobs
from backend.store.database import Database
from backend.store.store import Store
from backend.store.tables import label_events, models, plot_types, plots


def restore(store: Store, file: Path, told: Told) -> BackupResult:
    """Bring all of `file` into `store`, which must be empty; counts and contents are verified.

    BackupError for a file that is none or does not hold what it should; StoreRefusedError where the store is not
    empty or the account may not. One that was begun and not finished is used by nobody.
    """
    _demand_empty(store.database)
    with opened(file) as backup:
        facts = read_facts(backup)
        _mark(store.database, migrating.RESTORING)
        clear_seeds(store.database)
        with snapshot(backup) as source:
            rows = copy_rows(source, store.database, told)
        blobs = _carry_blobs(backup, store, told)
        _verify(store.database, facts, {**rows, "blobs": blobs})
    _mark(store.database, migrating.EXPECTED)
    return BackupResult(rows, blobs, ())


def _demand_empty(database: Database) -> None:
    def has_rows(connection: Connection) -> bool:
        tables = (plots, models, label_events, plot_types)
        return any(connection.execute(select(table.c.id).limit(1)).first() for table in tables)

    if database.read(has_rows):
        raise StoreRefusedError(
            "The store is not empty, and a backup is never mixed with what is there. Nothing was touched. Restore into "
            "a new database (or another --data-dir), look at it, then let the stations use that one."
        )


def _carry_blobs(backup: Database, store: Store, told: Told) -> int:
    carrier, source = BlobCarrier(store.blobs, told), DatabaseBlobs(backup)
    with backup.engine.connect() as connection:
        portions = [list(names) for names in blob_names(connection)]
    carried: set[str] = set()
    for name in (name for names in portions for name in names):
        if name not in carried and source.contains(name):
            carried.add(name)
            carrier.add(name, source.get(name))
    carrier.flush()
    return carrier.done


def _verify(database: Database, facts: Mapping[str, int], brought: Mapping[str, int]) -> None:
    def count(connection: Connection) -> dict[str, int]:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in copied_tables()
        }

    found = {**database.read(count), "blobs": brought["blobs"]}
    wrong = [name for name, rows in facts.items() if found.get(name) != rows]
    if wrong:
        raise BackupError(
            f"{wrong[0]} has {found.get(wrong[0])} rows, the backup says {facts[wrong[0]]}. The restored store is not "
            "used by anybody: empty it and restore another backup."
        )


def _mark(database: Database, revision: str) -> None:
    """Stations refuse a store of a revision they do not know."""
    statement = text("UPDATE alembic_version SET version_num = :revision")
    database.write(lambda connection: connection.execute(statement, {"revision": revision}))
