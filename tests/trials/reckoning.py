"""The reckoning of a trial: what was offered, what became of it, and how soon the windows knew."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from backend.store.tables import verdicts
from tests.fakes.station_processes import Hall


@dataclass(frozen=True, slots=True)
class Reckoning:
    """`lost` were offered and have no verdict, `doubled` have more than one or were stored twice; lags in ms."""

    offered: int
    judged: int
    lost: int
    doubled: int
    shown: int
    lag_p50_ms: float
    lag_p95_ms: float
    lag_max_ms: float


def reckon(hall: Hall, offered: int, reports: Sequence[Path]) -> Reckoning:
    """Compare what was offered with the database, and the database with what the windows wrote down."""
    counts = hall.verdicts()
    judged = sum(count >= 1 for count in counts.values())
    doubled = sum(count > 1 for count in counts.values()) + max(0, len(counts) - offered)
    lags = sorted(_lags(hall, reports))
    cuts = statistics.quantiles(lags, n=20, method="inclusive") if len(lags) > 1 else [0.0] * 19
    longest = lags[-1] if lags else 0.0
    figures = (round(value) for value in (cuts[9], cuts[18], longest))
    return Reckoning(offered, judged, offered - judged, doubled, len(lags), *figures)


def _lags(hall: Hall, reports: Sequence[Path]) -> list[float]:
    """Milliseconds from the decision on a plot to the moment its tile reached the models of a window."""
    decided = hall.store.database.read(_decided)
    lines = [line.split(",") for report in reports if report.exists() for line in report.read_text().splitlines()]
    seen = {}
    for number, at in (line for line in lines if len(line) == 2):
        if int(number) in decided:
            seen.setdefault((int(number), at), (float(at) - decided[int(number)]) * 1e3)
    return [lag for lag in seen.values() if lag >= 0]


def _decided(connection: Connection) -> dict[int, float]:
    query = select(verdicts.c.plot_id, verdicts.c.decided_at)
    return {row.plot_id: row.decided_at.timestamp() for row in connection.execute(query)}
