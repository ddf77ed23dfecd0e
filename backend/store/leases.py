"""Leases on work: one station at a time has a plot, for as long as its lease lasts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select, update

from backend.store.database import insert_missing, shared_now
from backend.store.tables import work
from backend.store.types import EPOCH

LIVE_PRIORITY = 0
LATER_PRIORITY = 10

_SEPARATOR = "/"
_AFTER_SEPARATOR = "0"  # the character that sorts next


def lease(connection: Connection, plot_ids: Sequence[int], owner: str, seconds: float) -> set[int]:
    """Queue plots that are not queued yet and lease all that are free to `owner`; returns those it holds.

    For 0 seconds they are only queued, for whoever is free.
    """
    if not plot_ids:
        return set()
    queue(connection, set(plot_ids), LIVE_PRIORITY)
    if not seconds:
        return set()
    mine = and_(work.c.plot_id.in_(plot_ids), or_(work.c.owner == owner, is_free(connection)))
    connection.execute(update(work).where(mine).values(_held(connection, owner, seconds)))
    held = select(work.c.plot_id).where(work.c.plot_id.in_(plot_ids), work.c.owner == owner)
    return set(connection.scalars(held))


def queue(connection: Connection, plot_ids: Collection[int], priority: int) -> None:
    """Queue plots for whoever is free."""
    insert_missing(connection, work, [_queued(plot_id, priority) for plot_id in sorted(plot_ids)])


def claim_free(connection: Connection, owner: str, limit: int, seconds: float, exclude: Collection[int]) -> list[int]:
    """Lease up to `limit` free plots, first in line first; two stations never get the same."""
    line = select(work.c.plot_id).where(is_free(connection)).order_by(work.c.priority, work.c.plot_id).limit(limit)
    if exclude:
        line = line.where(work.c.plot_id.not_in(exclude))
    held = _held(connection, owner, seconds)
    if connection.dialect.name == "sqlite":
        taken = update(work).where(work.c.plot_id.in_(line)).values(held).returning(work.c.plot_id)
        return list(connection.scalars(taken))
    found = list(connection.scalars(free_in_order(line)))
    if found:
        connection.execute(update(work).where(work.c.plot_id.in_(found)).values(held))
    return found


def free_in_order(line: Select[int]) -> Select[int]:
    """Lock what is read and nothing else: sorted by another way, a station would lock the whole queue."""
    return line.with_hint(work, "FORCE INDEX (ix_work_priority_plot_id)", "mysql").with_for_update(skip_locked=True)


def is_free(connection: Connection) -> ColumnElement[bool]:
    """Whether nobody holds a lease that still lasts."""
    return work.c.lease_until <= shared_now(connection)


def of_station(name: str) -> ColumnElement[bool]:
    """Leases of all lives of a station: owners are "name/…"."""
    return and_(work.c.owner >= name + _SEPARATOR, work.c.owner < name + _AFTER_SEPARATOR)


def freed() -> dict[str, Any]:
    """Values of a work row nobody holds."""
    return {"owner": None, "lease_until": EPOCH}


def _held(connection: Connection, owner: str, seconds: float) -> dict[str, Any]:
    return {"owner": owner, "lease_until": shared_now(connection, seconds)}


def _queued(plot_id: int, priority: int) -> dict[str, Any]:
    return {"plot_id": plot_id, "priority": priority, "attempts": 0, "message": "", **freed()}
