"""The ledger of input files: which arrivals were already taken in or set aside."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Select, select

from backend.domain.intake import FileStamp
from backend.store.database import insert_missing
from backend.store.tables import input_files
from backend.store.types import SHORT_HASH_BYTES, path_bytes

_PORTION = 1000


def path_hash(path: str) -> bytes:
    """What stands for a path in the database, whatever bytes it is made of."""
    return _hash(path_bytes(path))


def known_paths(connection: Connection, stamps: Sequence[FileStamp]) -> set[str]:
    """Paths of those stamps that are in the ledger exactly as they are."""
    return _found(connection, stamps, select(input_files.c.stamp))


def quarantined_paths(connection: Connection, stamps: Sequence[FileStamp]) -> set[str]:
    """Paths of those stamps that are in the ledger because they were set aside."""
    return _found(connection, stamps, select(input_files.c.stamp).where(input_files.c.quarantine_id.is_not(None)))


def enter(connection: Connection, entries: Iterable[tuple[FileStamp, dict[str, Any]]]) -> None:
    """Enter stamps with what became of them, `{"plot_id": …}` or `{"quarantine_id": …}`."""
    rows = {
        _key(stamp): {"stamp": _key(stamp), "mtime_ns": stamp.mtime_ns, "size": stamp.size, **outcome}
        for stamp, outcome in entries
    }
    insert_missing(connection, input_files, [rows[key] for key in sorted(rows)])


def _found(connection: Connection, stamps: Sequence[FileStamp], query: Select[bytes]) -> set[str]:
    by_key = {_key(stamp): stamp.path for stamp in stamps}
    keys = list(by_key)
    found: set[str] = set()
    for start in range(0, len(keys), _PORTION):
        portion = query.where(input_files.c.stamp.in_(keys[start : start + _PORTION]))
        found.update(by_key[key] for key in connection.scalars(portion))
    return found


def _key(stamp: FileStamp) -> bytes:
    """One value for path, time and size: databases seek for single values, but scan for lists of triples."""
    return _hash(b"%b\0%d\0%d" % (path_bytes(stamp.path), stamp.mtime_ns, stamp.size))


def _hash(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=SHORT_HASH_BYTES).digest()
