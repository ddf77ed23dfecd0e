"""From findings to transitions: what becomes of the alerts of one plot type. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from backend.domain.alert_watch import Finding, Ruling
from backend.domain.alerts import Alert, AlertKind, Transition, begin, calm, see, see_suppressed


def follow(
    findings: Iterable[Finding], standing: Mapping[AlertKind, Alert], plot_type: str, now: datetime
) -> list[Transition]:
    """Transitions of the open alerts of a plot type, `standing` by kind, and of those that begin now."""
    made = (_one(finding, standing.get(finding.kind), plot_type, now) for finding in findings)
    return [transition for transition in made if transition is not None]


def _one(finding: Finding, alert: Alert | None, plot_type: str, now: datetime) -> Transition | None:
    if finding.ruling is Ruling.CALM:
        return calm(alert, now) if alert is not None and alert.active else None
    evidence, since = finding.evidence, finding.since
    if evidence is None or since is None:
        raise ValueError(f"a finding on {plot_type} has no evidence")
    if alert is None:
        return begin(plot_type, evidence, since, now, finding.why if finding.ruling is Ruling.HELD_BACK else "")
    if finding.ruling is Ruling.HELD_BACK:
        return see_suppressed(alert, evidence, finding.why)
    return see(alert, evidence, now)
