"""Alerts: the life of one problem, of a plot type or of the hall, in the spirit of ISA-18.2. A pure state machine.

An alert is suppressed or raised, cleared when the problem is gone, and stays until a person has acknowledged it. Only
people acknowledge; only time or a person ends shelving; a suppressed alert was never told to anybody.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from backend.domain.beam import UNKNOWN_BEAM, Beam
from backend.domain.classifications import Severity

LONGEST_SHELF = timedelta(days=30)
UNDO_WITHIN = timedelta(minutes=10)
"""So long after the acknowledgement an alert that is over by now can be brought back."""

SYSTEM = "hydra"
"""Who does what no person does: raising, clearing, ending a shelf."""


class AlertKind(StrEnum):
    """What is wrong with a plot type: it looks bad, does not come any more, comes without ever changing, or a person
    saw what no model did.

    From `SILENT` on it is the hall that cannot be seen: no plot comes at all, a station is gone, the database does not
    answer, nobody judges.
    """

    PROBLEM = "problem"
    MISSING = "missing"
    FROZEN = "frozen"
    MISSED = "missed"
    SILENT = "silent"
    STATION = "station"
    DATABASE = "database"
    JUDGING = "judging"


class AlertState(StrEnum):
    """Where an alert is in its life. Only `RAISED` and `CLEARED` wait for a person."""

    SUPPRESSED = "suppressed"
    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    CLEARED = "cleared"
    SHELVED = "shelved"
    CLOSED = "closed"


class AlertAction(StrEnum):
    """What happened to an alert: one entry of its history each."""

    SUPPRESSED = "suppressed"
    RAISED = "raised"
    RAISED_AGAIN = "raised again"
    RETURNED = "problem back"
    WORSENED = "changed"
    CLEARED = "problem gone"
    CLOSED = "over"
    ACKNOWLEDGED = "acknowledged"
    FALSE_ALARM = "false alarm"
    UNDONE = "acknowledgement undone"
    SHELVED = "shelved"
    UNSHELVED = "taken off the shelf"
    SHELF_ENDED = "shelf ended"


LOUD = frozenset({
    AlertAction.RAISED, AlertAction.RAISED_AGAIN, AlertAction.UNDONE, AlertAction.SHELF_ENDED, AlertAction.UNSHELVED,
})  # fmt: skip
"""After these a person is to be told; a problem that comes back before anybody acknowledged it is no news."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an alert rests on, newest first seen at `at` (UTC).

    `confidence` is 0 to 1, None where no model judged; `plot_id` and `run` are None where no plot shows the problem;
    `words` say what is wrong where no classification does.
    """

    kind: AlertKind
    severity: Severity
    at: datetime
    classification: str = ""
    confidence: float | None = None
    plot_id: int | None = None
    run: int | None = None
    beam: Beam = UNKNOWN_BEAM
    words: str = ""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Put aside by `who` for `reason`, at the latest until `until` (UTC)."""

    who: str
    reason: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert as it stands: of `plot_type`, or, where that is "", of the hall and of what `subject` names there.

    `since` is when the problem began, `raised_at` when it was last told, `changed_at` its last transition, all UTC.
    `active` says whether the problem is there by the newest evidence. `version` counts transitions, so that who acts
    on an older state is refused; `change` is the place of its last change among those of all alerts. `who` acknowledged
    it, "" where nobody did; `reason` says why it is suppressed.
    """

    alert_id: int
    plot_type: str
    state: AlertState
    evidence: Evidence
    since: datetime
    raised_at: datetime
    changed_at: datetime
    active: bool = True
    group: tuple[str, ...] = ()
    version: int = 1
    change: int = 0
    who: str = ""
    shelf: Shelf | None = None
    reason: str = ""
    subject: str = ""

    @property
    def name(self) -> str:
        """What it is about, in a word: the plot type, or the part of the hall."""
        return self.plot_type or self.subject

    @property
    def waits(self) -> bool:
        """Whether a person is still to acknowledge it."""
        return self.state in (AlertState.RAISED, AlertState.CLEARED)

    @property
    def open(self) -> bool:
        """Whether its life goes on."""
        return self.state is not AlertState.CLOSED


@dataclass(frozen=True, slots=True)
class Transition:
    """An alert after something happened to it. `action` is None where only its evidence is newer."""

    alert: Alert
    action: AlertAction | None
    before: AlertState | None
    who: str = SYSTEM
    reason: str = ""


def begin(
    plot_type: str, evidence: Evidence, since: datetime, now: datetime, suppressed: str = "", subject: str = ""
) -> Transition:
    """A problem nobody knew of; `suppressed` says why it must not alarm, "" where it may."""
    state = AlertState.SUPPRESSED if suppressed else AlertState.RAISED
    alert = Alert(0, plot_type, state, evidence, since, now, now, reason=suppressed, subject=subject)
    action = AlertAction.SUPPRESSED if suppressed else AlertAction.RAISED
    return Transition(alert, action, None, reason=suppressed)


def see(alert: Alert, evidence: Evidence, now: datetime) -> Transition:
    """The problem is there, or still there, and may alarm. `alert` is open."""
    seen = replace(alert, evidence=evidence, active=True)
    match alert.state:
        case AlertState.SUPPRESSED:
            return moved(replace(seen, raised_at=now, reason=""), AlertState.RAISED, AlertAction.RAISED, now)
        case AlertState.CLEARED:
            return moved(replace(seen, raised_at=now), AlertState.RAISED, AlertAction.RETURNED, now)
        case AlertState.ACKNOWLEDGED if _is_news(alert.evidence, evidence):
            again = replace(seen, raised_at=now, who="")
            return moved(again, AlertState.RAISED, AlertAction.RAISED_AGAIN, now, reason=_difference(alert, evidence))
        case AlertState.RAISED | AlertState.SHELVED if _is_news(alert.evidence, evidence):
            return moved(seen, alert.state, AlertAction.WORSENED, now, reason=_difference(alert, evidence))
        case _:
            return Transition(seen, None, alert.state)


def see_suppressed(alert: Alert, evidence: Evidence, why: str) -> Transition:
    """The problem is there but must not alarm. Whoever was told of it before stays told."""
    if alert.state is AlertState.SUPPRESSED:
        return Transition(replace(alert, evidence=evidence, reason=why, active=True), None, alert.state)
    return Transition(alert, None, alert.state)


def calm(alert: Alert, now: datetime) -> Transition:
    """The problem is gone. What nobody has acknowledged stays, and so does what is on the shelf."""
    gone = replace(alert, active=False)
    match alert.state:
        case AlertState.RAISED:
            return moved(gone, AlertState.CLEARED, AlertAction.CLEARED, now)
        case AlertState.ACKNOWLEDGED | AlertState.SUPPRESSED:
            return moved(gone, AlertState.CLOSED, AlertAction.CLOSED, now)
        case _:
            return Transition(gone, None, alert.state)


def end_shelf(alert: Alert, now: datetime) -> Transition:
    """The time on the shelf is over: it waits for a person again. `alert` is shelved."""
    return bring_back(alert, AlertAction.SHELF_ENDED, SYSTEM, now)


def bring_back(alert: Alert, action: AlertAction, who: str, now: datetime) -> Transition:
    """It waits for a person again, whether or not the problem is still there."""
    state = AlertState.RAISED if alert.active else AlertState.CLEARED
    return moved(replace(alert, shelf=None, who="", raised_at=now), state, action, now, who)


def _is_news(before: Evidence, after: Evidence) -> bool:
    """A worse problem, or another one."""
    return after.severity > before.severity or after.classification != before.classification


def _difference(alert: Alert, evidence: Evidence) -> str:
    before, after = alert.evidence, evidence
    if before.classification != after.classification:
        return f"{before.classification or before.words} became {after.classification or after.words}"
    return f"{before.severity.word} became {after.severity.word}"


def moved(
    alert: Alert, state: AlertState, action: AlertAction, now: datetime, who: str = SYSTEM, reason: str = ""
) -> Transition:
    """One step of its life: `alert` in another state, one version on."""
    after = replace(alert, state=state, changed_at=now, version=alert.version + 1)
    return Transition(after, action, alert.state, who, reason)
