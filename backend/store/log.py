"""Reading the log: past verdicts by severity and time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from backend.domain.classifications import Severity
from backend.domain.log import LoggedVerdict
from backend.domain.verdicts import AlarmGate
from backend.store.rows import PLOT_COLUMNS, VERDICT_COLUMNS, as_plot, as_verdict, plots_named
from backend.store.tables import classifications, plots, verdicts


def read_log(
    connection: Connection, since: datetime, until: datetime, severities: Collection[Severity], limit: int
) -> list[LoggedVerdict]:
    """The newest `limit` verdicts of these severities, newest first. What was reprocessed is no part of the log.

    Each severity is read by itself, backwards along its index up to the limit: asked for together, the database
    would sort all that lie in the period.
    """
    entries = [
        entry
        for severity in set(severities)
        for row in connection.execute(_query(since, until, severity, limit))
        if (entry := _entry(row)) is not None
    ]
    entries.sort(key=lambda entry: (entry.at, entry.plot.plot_id), reverse=True)
    return entries[:limit]


def _query(since: datetime, until: datetime, severity: Severity, limit: int) -> Select[Any]:
    joined = (
        plots_named()
        .join(verdicts, verdicts.c.plot_id == plots.c.id)
        .join(classifications, classifications.c.id == verdicts.c.classification_id)
    )
    period = (verdicts.c.decided_at >= since, verdicts.c.decided_at < until)
    live = verdicts.c.gate != AlarmGate.REPROCESSED.value
    return (
        select(*PLOT_COLUMNS, *VERDICT_COLUMNS, verdicts.c.decided_at)
        .select_from(joined)
        .where(verdicts.c.severity == int(severity), *period, live)
        .order_by(verdicts.c.decided_at.desc(), verdicts.c.plot_id.desc())
        .limit(limit)
    )


def _entry(row: Row[Any]) -> LoggedVerdict | None:
    verdict = as_verdict(row)
    return LoggedVerdict(as_plot(row), verdict, row.decided_at) if verdict else None
