"""Which images may expire: harmless, old, not in the sample, not the newest of their plot type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Select, func, or_, select

from backend.domain.classifications import Severity
from backend.domain.plots import PlotState
from backend.domain.retention import Retention
from backend.store.tables import alerts, kept_images, label_events, plot_types, plots, verdicts

SPAN = 1000
"""Plot numbers looked at in one transaction."""


@dataclass(frozen=True, slots=True)
class Window:
    """Plots with numbers above `after` up to `last`."""

    after: int
    last: int


def window(connection: Connection, after: int) -> Window | None:
    """The next plots to look at; None behind the newest. Gaps in the numbers, as of a restored store, are skipped."""
    first = connection.scalar(select(func.min(plots.c.id)).where(plots.c.id > after))
    return None if first is None else Window(first - 1, first - 1 + SPAN)


def expiring(connection: Connection, policy: Retention, look: Window, moment: datetime) -> dict[int, str]:
    """Images that may go, by plot. In a transaction that writes, their rows are locked: no label slips between."""
    rows = connection.execute(_old(policy, look, moment).with_for_update()).all()
    candidates = {row.id: row.sha256 for row in rows if not policy.samples(row.sha256)}
    if not candidates:
        return {}
    kept = _kept(connection, sorted(candidates))
    return {number: sha256 for number, sha256 in candidates.items() if number not in kept}


def _old(policy: Retention, look: Window, moment: datetime) -> Select[tuple[int, str]]:
    before = moment - timedelta(days=policy.images_days)
    return select(plots.c.id, plots.c.sha256).where(
        plots.c.id > look.after,
        plots.c.id <= look.last,
        plots.c.image_expired_at.is_(None),
        plots.c.state == PlotState.JUDGED.value,
        plots.c.received_at < before,
        plots.c.seen_at < before,
    )


def _kept(connection: Connection, numbers: Sequence[int]) -> set[int]:
    """Plots somebody may want to see again: not all normal and sure, labelled, alerted of, collected, or on the
    screen now."""
    not_harmless = or_(verdicts.c.severity > Severity.NORMAL.value, verdicts.c.confirmed.is_(False))
    queries = (
        select(verdicts.c.plot_id).where(verdicts.c.plot_id.in_(numbers), not_harmless),
        select(label_events.c.plot_id).where(label_events.c.plot_id.in_(numbers)),
        select(alerts.c.plot_id).where(alerts.c.plot_id.in_(numbers)),
        select(kept_images.c.plot_id).where(kept_images.c.plot_id.in_(numbers)),
        _newest(numbers),
    )
    return {number for query in queries for number in connection.scalars(query)}


def _newest(numbers: Sequence[int]) -> Select[tuple[int]]:
    """Those that are the newest of their plot type."""
    theirs = select(plots.c.plot_type_id).where(plots.c.id.in_(numbers))
    other = plots.alias("other")
    newest = (
        select(other.c.id)
        .where(other.c.plot_type_id == plot_types.c.id, other.c.seen_at.is_not(None))
        .order_by(other.c.seen_at.desc(), other.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return select(newest).select_from(plot_types).where(plot_types.c.id.in_(theirs))
