"""A problem that a person saw and no model did. Pure."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from backend.domain.alerts import Alert, AlertKind, Evidence, Transition, begin, see
from backend.domain.classifications import Severity


@dataclass(frozen=True, slots=True)
class MissedProblem:
    """What a person says of one plot. `key` is drawn where it is said, so that saying it twice is saying it once."""

    key: uuid.UUID
    plot_type: str
    plot_id: int
    classification: str
    who: str
    at: datetime
    note: str = ""


def report(missed: MissedProblem, severity: Severity, run: int, standing: Alert | None, now: datetime) -> Transition:
    """An alert in the name of who saw it, or the one that stands with this on top; at least a warning.

    No verdict of the model that missed it ends it: only a person does.
    """
    evidence = Evidence(
        AlertKind.MISSED, max(severity, Severity.WARNING), now, missed.classification, None, missed.plot_id, run
    )
    made = begin(missed.plot_type, evidence, missed.at, now) if standing is None else see(standing, evidence, now)
    return replace(made, who=missed.who, reason=missed.note)
