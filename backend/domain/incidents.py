"""Incidents: alerts that belong together, so that a crate that trips is one thing to look at and not five hundred."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.domain.alerts import Alert
from backend.domain.classifications import Severity

FLOOD = 10
FLOOD_WITHIN = timedelta(minutes=10)
"""More than so many alerts raised in this time are a flood: one incident, whatever the detectors."""

WHOLE_HALL = "Several detectors"
SIGHT = "Hydra itself"
"""Where what is wrong is not a plot: then plots may be bad and nobody is told."""
NO_GROUP = "Other plots"


@dataclass(frozen=True, slots=True)
class Incident:
    """Alerts that wait for a person, worst first and then oldest first; there is at least one."""

    title: str
    alerts: tuple[Alert, ...]

    @property
    def severity(self) -> Severity:
        """The worst of them."""
        return max(alert.evidence.severity for alert in self.alerts)

    @property
    def raised_at(self) -> datetime:
        """When the newest was raised."""
        return max(alert.raised_at for alert in self.alerts)


def worst_first(alerts: Iterable[Alert]) -> list[Alert]:
    """The order in which a person should look at alerts: still there, worst, about the sight itself, oldest."""
    return sorted(alerts, key=_urgency)


def incidents(alerts: Iterable[Alert]) -> list[Incident]:
    """Group alerts that wait by detector (the outermost group), a flood into one; worst incident first."""
    waiting = worst_first(alert for alert in alerts if alert.waits)
    flooded = _flooded(alert for alert in waiting if alert.plot_type)
    by_group: defaultdict[str, list[Alert]] = defaultdict(list)
    for alert in waiting:
        by_group[WHOLE_HALL if alert.alert_id in flooded else _home(alert)].append(alert)
    found = [Incident(title, tuple(members)) for title, members in by_group.items()]
    return sorted(found, key=lambda incident: (-incident.severity, incident.title != SIGHT, incident.raised_at))


def _urgency(alert: Alert) -> tuple[bool, int, bool, datetime, int]:
    return not alert.active, -alert.evidence.severity, bool(alert.plot_type), alert.raised_at, alert.alert_id


def _home(alert: Alert) -> str:
    if not alert.plot_type:
        return SIGHT
    return alert.group[0] if alert.group else NO_GROUP


def _raised_at(alert: Alert) -> datetime:
    return alert.raised_at


def _flooded(waiting: Iterable[Alert]) -> set[int]:
    """Alerts that lie in some stretch of `FLOOD_WITHIN` with more than `FLOOD` of them."""
    ordered = sorted(waiting, key=_raised_at)
    flooded: set[int] = set()
    first = 0
    for last, alert in enumerate(ordered):
        while alert.raised_at - ordered[first].raised_at > FLOOD_WITHIN:
            first += 1
        if last - first >= FLOOD:
            earlier = () if ordered[last - 1].alert_id in flooded else ordered[first:last]
            flooded.update(one.alert_id for one in (*earlier, alert))
    return flooded
