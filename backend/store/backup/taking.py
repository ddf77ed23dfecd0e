"""Taking a backup, while plots arrive and engines judge."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select, update

from backend.domain.errors import BlobError
from backend.store.backup.copying import BlobCarrier, Told, blob_names, clear_seeds, copy_rows, snapshot
from backend.store.backup.file import new_file, write_facts
from backend.store.blobs.in_database import DatabaseBlobs
from backend.store.database import Database, now
from backend.store.store import Store
from backend.store.tables import plots


@dataclass(frozen=True, slots=True)
class BackupResult:
    """What is in a backup: rows by table, blobs, and the names of those that could not be read."""

    rows: dict[str, int]
    blobs: int
    damaged: tuple[str, ...]


def back_up(store: Store, file: Path, told: Told) -> BackupResult:
    """Write all of `store` into `file`, as it was at one moment.

    The file appears when it is whole. BackupError where it is there already or cannot be written. Images that are lost
    or damaged in the store are named in the result; everything else is in the backup all the same.
    """
    with new_file(file) as target:
        clear_seeds(target)
        with snapshot(store.database) as source:
            rows = copy_rows(source, target, told)
        carrier, damaged = BlobCarrier(DatabaseBlobs(target), told), list[str]()
        for names in _all_names(target):
            for name in names:
                try:
                    carrier.add(name, store.blobs.get(name))
                except BlobError:
                    if not _expired_meanwhile(store.database, target, name):
                        damaged.append(name)
        carrier.flush()
        blobs, _ = DatabaseBlobs(target).usage()
        write_facts(target, {**rows, "blobs": blobs})
    return BackupResult(rows, blobs, tuple(damaged))


def _all_names(target: Database) -> list[list[str]]:
    """Read at once and not while blobs are written into the same file: 64 hex digits a plot."""
    with target.engine.connect() as connection:
        return [list(names) for names in blob_names(connection)]


def _expired_meanwhile(source: Database, target: Database, name: str) -> bool:
    """Whether an image was let go since the rows were read; then the backup says so, too."""
    kept = select(plots.c.id).where(plots.c.sha256 == name, plots.c.image_expired_at.is_(None))
    there = select(plots.c.id).where(plots.c.sha256 == name)
    if source.read(lambda c: c.scalar(kept) is not None or c.scalar(there) is None):
        return False
    gone = update(plots).where(plots.c.sha256 == name, plots.c.image_expired_at.is_(None))
    target.write(lambda connection: connection.execute(gone.values(image_expired_at=now())))
    return True
