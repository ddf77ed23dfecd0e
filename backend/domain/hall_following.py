"""From findings on the hall to transitions of the alerts about it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from backend.domain.alert_watch import Ruling
from backend.domain.alerts import Alert, AlertState, Evidence, Transition, begin, calm, see
from backend.domain.beam import Beam
from backend.domain.hall_facts import HallFinding, HallKey


def decide(
    findings: Iterable[HallFinding], standing: Mapping[HallKey, Alert], beam: Beam, now: datetime
) -> list[Transition]:
    """What becomes of the open alerts about the hall, and of those that begin now. What changes nothing is left out."""
    made = (_one(finding, standing.get(finding.key), beam, now) for finding in findings)
    return [transition for transition in made if transition is not None]


def _one(finding: HallFinding, alert: Alert | None, beam: Beam, now: datetime) -> Transition | None:
    if finding.ruling is Ruling.CALM:
        return calm(alert, now) if alert is not None and alert.active else None
    evidence = Evidence(finding.kind, finding.severity, now, beam=beam, words=finding.words)
    if alert is None:
        return begin("", evidence, finding.since or now, now, subject=finding.subject)
    if alert.active:
        return None  # it goes on: nothing is news
    transition = see(alert, evidence, now)
    shelved = alert.state is AlertState.SHELVED
    return transition if transition.action is not None or shelved else None
