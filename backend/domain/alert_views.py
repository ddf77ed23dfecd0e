"""What a window asks about alerts, and what it is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backend.domain.alert_policy import GateCount
from backend.domain.alerts import Alert, AlertAction, AlertState
from backend.domain.classifications import Severity
from backend.domain.dispatches import DispatchNote
from backend.domain.hall import PlotTypeInfo
from backend.domain.plots import Plot
from backend.domain.predictions import HeatMap


@dataclass(frozen=True, slots=True)
class AlertsView:
    """All open alerts, and what the gates hold back now."""

    alerts: tuple[Alert, ...] = ()
    gates: tuple[GateCount, ...] = ()


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """One entry of an alert's history. `before` is None for the first; `severity` is that of the evidence then."""

    alert_id: int
    at: datetime
    who: str
    action: AlertAction
    before: AlertState | None
    after: AlertState
    severity: Severity
    classification: str = ""
    plot_id: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AlertQuery:
    """Which alerts of the past are wanted: newest raised first, at most `limit`.

    `text` must occur in the name of the plot type or of the part of the hall, `who` in that of a person who did
    something about it, in capitals or not. Raised at `since` or later, and earlier than `before`, which leads to older
    ones (UTC).
    """

    text: str = ""
    least_severity: Severity = Severity.NORMAL
    before: datetime | None = None
    limit: int = 500
    who: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True, eq=False)
class AlertDetail:
    """Everything a person needs to decide on one alert.

    `plot` and `heat_map` show the problem; `reference` is the newest plot before on which nothing was wrong. Any of
    them may be None. `events`, and `dispatches` that went out, are oldest first. `false_label` is what a false alarm
    would be labelled, "" where it cannot be.
    """

    alert: Alert
    info: PlotTypeInfo
    plot: Plot | None = None
    heat_map: HeatMap | None = None
    reference: Plot | None = None
    events: tuple[AlertEvent, ...] = ()
    false_label: str = ""
    dispatches: tuple[DispatchNote, ...] = ()
