"""The sweep: removes blobs that no row names, left behind by stations that died between blob and row."""

from __future__ import annotations

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
    before = now() - timedelta(seconds=guard_s)
    removed = 0
    for names in blobs.untouched_since(before):
        for start in range(0, len(names), _PORTION):
            orphans = _orphans(database, names[start : start + _PORTION])
            removed += sum(blobs.remove(name, before) for name in orphans)
    return removed


def _orphans(database: Database, names: list[str]) -> list[str]:
    def named(connection: Connection) -> set[str]:
        by_plots = select(plots.c.sha256).where(plots.c.sha256.in_(names))
        by_models = select(models.c.digest).where(models.c.digest.in_(names))
        return set(connection.scalars(union(by_plots, by_models))) | shared_backbones(connection)

    present = database.read(named)
    return [name for name in names if name not in present]
