"""What people may do to an alert. Pure; an action that does not fit raises AlertRefusedError and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from backend.domain.alerts import (
    LONGEST_SHELF,
    UNDO_WITHIN,
    Alert,
    AlertAction,
    AlertKind,
    AlertState,
    Shelf,
    Transition,
    bring_back,
    moved,
)
from backend.domain.classifications import IGNORE, Classification, Severity
from backend.domain.errors import AlertRefusedError

Act = Callable[[Alert, datetime], Transition]
"""An action of a person on an alert at a time (UTC)."""


@dataclass(frozen=True, slots=True)
class AlertKey:
    """The alert a person saw: acting on an older `version` than the one that stands is refused."""

    alert_id: int
    version: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an action was not done on this alert, for a person."""

    alert_id: int
    why: str


@dataclass(frozen=True, slots=True)
class ActionOutcome:
    """What an action on several alerts came to."""

    changed: tuple[Alert, ...] = ()
    refused: tuple[Refusal, ...] = ()


def check_version(alert: Alert, seen: AlertKey) -> None:
    """Refuse to act on what a person has not seen."""
    if alert.version != seen.version:
        by = f" by {alert.who}" if alert.who else ""
        raise AlertRefusedError(
            f"{alert.name} changed meanwhile: it is {alert.state.value}{by} now. Nothing was done; look again."
        )


def acknowledge(who: str, reason: str = "", false_alarm: bool = False) -> Act:
    """I have seen it and see to it.

    What is over already ends with that, and so does what a person said of one plot: nothing would ever tell its end.
    """
    action = AlertAction.FALSE_ALARM if false_alarm else AlertAction.ACKNOWLEDGED

    def act(alert: Alert, now: datetime) -> Transition:
        _demand(alert, "be acknowledged", AlertState.RAISED, AlertState.CLEARED)
        goes_on = alert.active and alert.evidence.kind is not AlertKind.MISSED
        state = AlertState.ACKNOWLEDGED if goes_on else AlertState.CLOSED
        return moved(replace(alert, who=who), state, action, now, who, reason)

    return act


def false_alarm(who: str, label: str) -> Act:
    """Nothing is wrong with the plot: acknowledged, and labelled `label`."""

    def act(alert: Alert, now: datetime) -> Transition:
        if alert.evidence.kind is not AlertKind.PROBLEM:
            raise AlertRefusedError(f"{alert.name}: no model judged this, so there is no verdict to correct.")
        return acknowledge(who, f"labelled {label}", false_alarm=True)(alert, now)

    return act


def undo_acknowledge(who: str) -> Act:
    """It waits for a person again."""

    def act(alert: Alert, now: datetime) -> Transition:
        _demand(alert, "be taken back", AlertState.ACKNOWLEDGED, AlertState.CLOSED)
        if not alert.who:
            raise AlertRefusedError(f"{alert.name}: nobody had acknowledged this.")
        if not alert.open and now - alert.changed_at > UNDO_WITHIN:
            raise AlertRefusedError(f"{alert.name}: this is over for more than {UNDO_WITHIN.seconds // 60} min.")
        return bring_back(alert, AlertAction.UNDONE, who, now)

    return act


def shelve(shelf: Shelf) -> Act:
    """Put it aside for a time. It comes back by itself, unacknowledged."""

    def act(alert: Alert, now: datetime) -> Transition:
        _demand(alert, "be shelved", AlertState.RAISED, AlertState.ACKNOWLEDGED, AlertState.CLEARED)
        if not shelf.reason.strip():
            raise AlertRefusedError("An alert is only shelved for a reason: say why.")
        if not now < shelf.until <= now + LONGEST_SHELF:
            raise AlertRefusedError(f"Shelving ends within {LONGEST_SHELF.days} days, and not in the past.")
        return moved(
            replace(alert, shelf=shelf, who=""), AlertState.SHELVED, AlertAction.SHELVED, now, shelf.who, shelf.reason
        )

    return act


def unshelve(who: str) -> Act:
    """Take it off the shelf before its time is over."""

    def act(alert: Alert, now: datetime) -> Transition:
        _demand(alert, "be taken off the shelf", AlertState.SHELVED)
        return bring_back(alert, AlertAction.UNSHELVED, who, now)

    return act


def harmless_label(valid: Sequence[Classification]) -> str:
    """The label of a false alarm: the first classification valid for the plot type under which nothing is wrong."""
    for known in valid:
        if known.severity is Severity.NORMAL and known.name != IGNORE:
            return known.name
    raise AlertRefusedError(
        "No harmless classification is valid for this plot type, so a false alarm cannot become a label. "
        "Acknowledge it instead."
    )


def _demand(alert: Alert, done: str, *states: AlertState) -> None:
    if alert.state not in states:
        by = f" by {alert.who}" if alert.who else ""
        raise AlertRefusedError(f"{alert.name} is {alert.state.value}{by}; it cannot {done}.")
