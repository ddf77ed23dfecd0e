"""Blobs in the database, in chunks of at most 1 MiB: a station then needs nothing but the server's address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from backend.domain.errors import BlobError
from backend.store.blobs.protocol import digest
from backend.store.database import Database, insert_missing, now
from backend.store.tables import blob_chunks, blobs

CHUNK_BYTES = 2**20
_PORTION = 500


class DatabaseBlobs:
    """Blobs as rows. Head and chunks are written in one transaction, so a head means that all is there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, data: bytes) -> str:
        """Keep `data`; returns its name."""
        name = digest(data)
        self.put_many({name: data})
        return name

    def put_many(self, items: Mapping[str, bytes]) -> None:
        """Keep all in one transaction; those that are there already are renewed."""
        if items:
            ordered = {name: items[name] for name in sorted(items)}  # one order for all stations: no deadlock
            self._database.write(lambda connection: _put(connection, ordered))

    def get(self, sha256: str) -> bytes:
        """Gather and check a blob."""
        query = select(blob_chunks.c.data).where(blob_chunks.c.sha256 == sha256).order_by(blob_chunks.c.position)
        chunks = self._database.read(lambda connection: list(connection.scalars(query)))
        data = b"".join(chunks)
        if digest(data) != sha256:
            state = "is damaged" if chunks else "is missing"
            raise BlobError(f"Blob {sha256} {state} in the database. Restore the database from its backup.")
        return data

    def contains(self, sha256: str) -> bool:
        """Whether the head is there."""
        query = select(blobs.c.size).where(blobs.c.sha256 == sha256)
        return self._database.read(lambda connection: connection.scalar(query)) is not None

    def sizes(self, names: Iterable[str]) -> dict[str, int]:
        """From the heads."""
        query = select(blobs.c.sha256, blobs.c.size).where(blobs.c.sha256.in_(sorted(names)))
        return self._database.read(lambda connection: {row.sha256: row.size for row in connection.execute(query)})

    def usage(self) -> tuple[int, int]:
        """From the heads."""
        query = select(func.count(), func.coalesce(func.sum(blobs.c.size), 0)).select_from(blobs)
        count, size = self._database.read(lambda connection: connection.execute(query).one())
        return int(count), int(size)

    def untouched_since(self, moment: datetime) -> Iterator[list[str]]:
        """Walk the names in order, a portion per query."""
        last = ""
        while names := self._portion(last, moment):
            yield names
            last = names[-1]

    def remove(self, sha256: str, untouched_since: datetime) -> bool:
        """Remove head and chunks, unless the head was renewed."""
        aged = delete(blobs).where(blobs.c.sha256 == sha256, blobs.c.touched_at < untouched_since)
        self._database.write(lambda connection: connection.execute(aged))
        return not self.contains(sha256)

    def close(self) -> None:
        """Nothing runs: the database is its owner's to close."""

    def _portion(self, after: str, moment: datetime) -> list[str]:
        query = select(blobs.c.sha256).where(blobs.c.touched_at < moment).order_by(blobs.c.sha256).limit(_PORTION)
        if after:
            query = query.where(blobs.c.sha256 > after)
        return self._database.read(lambda connection: list(connection.scalars(query)))


def _put(connection: Connection, items: Mapping[str, bytes]) -> None:
    known = set(connection.scalars(select(blobs.c.sha256).where(blobs.c.sha256.in_(items)).with_for_update()))
    moment = now()
    if known:
        connection.execute(update(blobs).where(blobs.c.sha256.in_(known)).values(touched_at=moment))
    fresh = {name: data for name, data in items.items() if name not in known}
    heads = [{"sha256": name, "size": len(data), "touched_at": moment} for name, data in fresh.items()]
    insert_missing(connection, blobs, heads)
    chunks = [chunk for name, data in fresh.items() for chunk in chunk_rows(name, data)]
    insert_missing(connection, blob_chunks, chunks)


def chunk_rows(name: str, data: bytes) -> list[dict[str, Any]]:
    """The rows of one blob's chunks."""
    return [
        {"sha256": name, "position": position, "data": data[start : start + CHUNK_BYTES]}
        for position, start in enumerate(range(0, max(len(data), 1), CHUNK_BYTES))
    ]
