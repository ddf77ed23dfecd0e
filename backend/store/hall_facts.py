"""What the database says of the hall itself: stations, the newest plot, what waits. All of it reads by index."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from backend.domain.classifications import Severity
from backend.domain.hall_facts import HallFacts
from backend.store.database import shared_now
from backend.store.leases import LIVE_PRIORITY, URGENT_PRIORITY
from backend.store.stations import read_stations
from backend.store.tables import plot_types, plots, runs, verdicts, work


def read_facts(connection: Connection, stuck_after_s: float) -> HallFacts:
    """The hall by the clock of the database. Plots that wait no longer than `stuck_after_s` are not asked about."""
    moment: datetime = connection.execute(select(shared_now(connection))).scalar_one()
    since = _waiting_since(connection)
    late = since is not None and (moment - since).total_seconds() > stuck_after_s
    stuck, stuck_since = _stuck(connection, stuck_after_s) if late else ((), None)
    return HallFacts(
        now=moment,
        newest_plot_at=connection.scalar(select(func.max(runs.c.last_seen))),
        stations=tuple(read_stations(connection)),
        waiting=_waiting(connection) if since is not None else 0,
        waiting_since=since,
        judged_at=_judged_at(connection) if late else None,
        stuck=stuck,
        stuck_since=stuck_since,
    )


def _live() -> ColumnElement[bool]:
    return work.c.priority >= LIVE_PRIORITY


def _waiting(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(work).where(_live())) or 0


def _waiting_since(connection: Connection) -> datetime | None:
    """When the plot was received that waits for longest: numbers are given in the order of coming."""
    found = [_first(connection, priority) for priority in (LIVE_PRIORITY, URGENT_PRIORITY)]
    return min((moment for moment in found if moment is not None), default=None)


def _first(connection: Connection, priority: int) -> datetime | None:
    oldest = select(work.c.plot_id).where(work.c.priority == priority).order_by(work.c.plot_id).limit(1)
    number = connection.scalar(oldest)
    return connection.scalar(select(plots.c.received_at).where(plots.c.id == number)) if number else None


def _judged_at(connection: Connection) -> datetime | None:
    """The newest verdict, along the index of each severity."""
    newest = (
        connection.scalar(select(func.max(verdicts.c.decided_at)).where(verdicts.c.severity == int(severity)))
        for severity in Severity
    )
    return max((moment for moment in newest if moment is not None), default=None)


def _stuck(connection: Connection, seconds: float) -> tuple[tuple[str, ...], datetime | None]:
    """Plot types of which plots were given back until later, because they cannot be judged, and since when."""
    columns: list[Any] = [plot_types.c.name, func.min(plots.c.received_at).label("since")]
    postponed = work.c.owner.is_(None) & (work.c.lease_until > shared_now(connection)) & _live()
    old = plots.c.received_at < shared_now(connection, -seconds)
    joined = work.join(plots, plots.c.id == work.c.plot_id).join(plot_types, plot_types.c.id == plots.c.plot_type_id)
    query = select(*columns).select_from(joined).where(postponed, old).group_by(plot_types.c.name)
    rows = connection.execute(query.order_by(plot_types.c.name)).all()
    return tuple(row.name for row in rows), min((row.since for row in rows), default=None)
