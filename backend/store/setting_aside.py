"""Quarantine: files set aside, with the reason, until a good version of the same file arrives."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update

from backend.domain.changes import ChangeKind
from backend.domain.intake import FileStamp
from backend.domain.quarantine import QuarantinedFile, QuarantineReason
from backend.store.database import now
from backend.store.journal import note
from backend.store.ledger import enter, known_paths, path_hash
from backend.store.tables import quarantine

_open = quarantine.c.resolved_at.is_(None)


def set_aside(connection: Connection, file: QuarantinedFile, stamp: FileStamp | None) -> None:
    """Enter a file once; an older entry of the same path is superseded."""
    key = path_hash(stamp.path if stamp else file.path)
    if _already(connection, file, stamp, key):
        return
    resolve(connection, [key], now())
    number = connection.execute(insert(quarantine).values(_row(file, key))).inserted_primary_key
    note(connection, ChangeKind.QUARANTINED, number or ())
    if stamp is not None and number is not None:
        enter(connection, [(stamp, {"quarantine_id": number[0]})])


def resolve(connection: Connection, keys: Collection[bytes], at: datetime) -> None:
    """Close the entries of these paths (hashes): a newer version has arrived."""
    if keys:
        connection.execute(update(quarantine).where(quarantine.c.path_hash.in_(keys), _open).values(resolved_at=at))


def listed(connection: Connection, limit: int) -> list[QuarantinedFile]:
    """Files set aside now, newest first."""
    query = select(quarantine).where(_open).order_by(quarantine.c.since.desc(), quarantine.c.id.desc()).limit(limit)
    return _files(connection, query)


def listed_among(connection: Connection, numbers: Collection[int]) -> list[QuarantinedFile]:
    """Those of these rows whose files are set aside now, oldest first."""
    query = select(quarantine).where(quarantine.c.id.in_(numbers), _open).order_by(quarantine.c.id)
    return _files(connection, query)


def _files(connection: Connection, query: Select[Any]) -> list[QuarantinedFile]:
    return [
        QuarantinedFile(row.path, QuarantineReason[row.reason], row.message, row.size, row.since, row.plot_type)
        for row in connection.execute(query)
    ]


def counted(connection: Connection) -> int:
    """How many files are set aside now."""
    return connection.scalar(select(func.count()).select_from(quarantine).where(_open)) or 0


def _already(connection: Connection, file: QuarantinedFile, stamp: FileStamp | None, key: bytes) -> bool:
    if stamp is not None:
        return bool(known_paths(connection, [stamp]))
    same = (quarantine.c.path_hash == key) & (quarantine.c.reason == file.reason.name) & _open
    return connection.scalar(select(quarantine.c.id).where(same).limit(1)) is not None


def _row(file: QuarantinedFile, key: bytes) -> dict[str, object]:
    return {
        "path": file.path,
        "path_hash": key,
        "reason": file.reason.name,
        "message": file.message,
        "size": file.size,
        "since": file.since,
        "plot_type": file.plot_type,
    }
