"""The sweep: removes blobs that no row names, left behind by stations that died between blob and row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from sqlalchemy import Connection, select, union

from backend.store.blobs.protocol import BlobStore
from backend.store.database import Database, now
from backend.store.library import shared_backbones
from backend.store.tables import models, plots

GUARD_S = 3600.0
"""Blobs put within the last hour are left alone: their rows may be on the way."""

_PORTION = 500


def sweep(database: Database, blobs: BlobStore, guard_s: float = GUARD_S) -> int:
    """Remove orphans older than `guard_s` seconds; returns how many. May run while plots arrive."""
    return sum(sweeping(database, blobs, guard_s))


def sweeping(database: Database, blobs: BlobStore, guard_s: float = GUARD_S) -> Iterator[int]:
    """The same in portions, so that it can be stopped and gives way; yields how many went with each."""
    for names in blobs.untouched_since(now() - timedelta(seconds=guard_s)):
        for start in range(0, len(names), _PORTION):
            yield len(remove_orphans(database, blobs, names[start : start + _PORTION], guard_s))


def remove_orphans(database: Database, blobs: BlobStore, names: Iterable[str], guard_s: float = GUARD_S) -> list[str]:
    """Remove those of these blobs, some hundreds at most, that no row names; returns which went."""
    before = now() - timedelta(seconds=guard_s)
    return [name for name in _orphans(database, sorted(names)) if blobs.remove(name, before)]


def _orphans(database: Database, names: Sequence[str]) -> list[str]:
    """An expired image is named by nobody, unless the same image is that of another plot."""

    def named(connection: Connection) -> set[str]:
        by_plots = select(plots.c.sha256).where(plots.c.sha256.in_(names), plots.c.image_expired_at.is_(None))
        by_models = select(models.c.digest).where(models.c.digest.in_(names))
        return set(connection.scalars(union(by_plots, by_models))) | shared_backbones(connection)

    if not names:
        return []
    present = database.read(named)
    return [name for name in names if name not in present]
