"""The sentences of alerts. No Qt."""

from __future__ import annotations

from datetime import datetime, timedelta

from backend.domain.alert_policy import GateCount
from backend.domain.alert_views import AlertEvent
from backend.domain.alerts import SYSTEM, Alert, AlertAction, AlertKind, AlertState
from backend.domain.beam import BeamState
from backend.domain.classifications import Severity, Symbol
from ui.wording import age, class_title, clock, number, percent, value_with_unit

SYMBOLS: dict[Severity, Symbol] = {
    Severity.NORMAL: Symbol.CHECK,
    Severity.INFORMATION: Symbol.RING,
    Severity.WARNING: Symbol.DIAMOND,
    Severity.ALARM: Symbol.TRIANGLE,
}
"""The shape of each severity."""


_HALL_NAMES = {
    AlertKind.SILENT: "The feed",
    AlertKind.DATABASE: "The database",
    AlertKind.JUDGING: "Inference",
}


def name(alert: Alert) -> str:
    """``CDC_occupancy``, ``The feed``, ``Station hall-d-2``."""
    if alert.evidence.kind is AlertKind.STATION:
        return f"Station {alert.subject}"
    return _HALL_NAMES.get(alert.evidence.kind, alert.plot_type)


def problem(alert: Alert) -> str:
    """``is Bad``, ``does not come``, ``never changes``, ``is silent``."""
    return {
        AlertKind.PROBLEM: f"is {class_title(alert.evidence.classification)}",
        AlertKind.MISSING: "does not come",
        AlertKind.FROZEN: "never changes",
        AlertKind.MISSED: f"is {class_title(alert.evidence.classification)}, seen by a person",
        AlertKind.SILENT: "is silent",
        AlertKind.STATION: "is gone",
        AlertKind.DATABASE: "is away" if alert.active else "was away",
        AlertKind.JUDGING: "gives no verdicts",
    }[alert.evidence.kind]


def title(alert: Alert) -> str:
    """``CDC_occupancy is Bad``."""
    return f"{name(alert)} {problem(alert)}"


def short_clock(at: datetime, now: datetime) -> str:
    """Local time ``13:42``, with the date in front on another day."""
    return clock(at, now)[:-3]


def facts(alert: Alert) -> str:
    """``Tracking · run 121 266 · 99.2 % sure · beam 152 nA``."""
    evidence = alert.evidence
    parts = [alert.group[0]] if alert.group else []
    parts += [f"run {number(evidence.run)}"] if evidence.run else []
    parts += [f"{percent(evidence.confidence)} sure"] if evidence.confidence is not None else []
    parts += [evidence.words] if evidence.words else []
    parts += [beam_words(alert)] if alert.plot_type else []
    return " · ".join(parts)


def beam_words(alert: Alert) -> str:
    """``beam 152 nA``, ``beam off``, ``beam unknown``: as it was when the problem was last seen."""
    beam = alert.evidence.beam
    if beam.state is BeamState.UNKNOWN or beam.value is None:
        return f"beam {beam.state.value.lower()}"
    return f"beam {value_with_unit(beam.value, beam.unit)}"


def since(alert: Alert, now: datetime) -> str:
    """``since 13:42 · 3 min``."""
    return f"since {short_clock(alert.since, now)} · {age((now - alert.since).total_seconds())}"


def standing(alert: Alert, now: datetime) -> str:
    """What is to be known of the state beside the problem: who acknowledged, until when it is shelved, and so on."""
    at = short_clock(alert.changed_at, now)
    shelf = alert.shelf
    match alert.state:
        case AlertState.RAISED:
            return "not acknowledged"
        case AlertState.CLEARED:
            return f"gone at {at}, not acknowledged"
        case AlertState.ACKNOWLEDGED:
            return f"acknowledged by {alert.who} at {at}"
        case AlertState.SHELVED if shelf is not None:
            return f"back in {left(shelf.until, now)} · {shelf.who}: {shelf.reason}"
        case AlertState.SUPPRESSED:
            return f"held back: {alert.reason}"
        case _:
            return f"over at {at}" + (f", acknowledged by {alert.who}" if alert.who else ", was never raised")


def left(until: datetime, now: datetime) -> str:
    """``5 h 12``: the time until then, in words never less than a second."""
    return age(max(1.0, (until - now).total_seconds()))


def gate_line(gate: GateCount) -> str:
    """``17 verdicts on 4 plots not alarmed: beam 3 nA < 10 nA``."""
    one, many = gate.verdicts, gate.plot_types
    return f"{number(one)} verdict{'s' * (one != 1)} on {number(many)} plot{'s' * (many != 1)} not alarmed: {gate.why}"


_ACTIONS = {
    AlertAction.SUPPRESSED: "Held back",
    AlertAction.RAISED: "Raised",
    AlertAction.RAISED_AGAIN: "Raised again",
    AlertAction.RETURNED: "The problem is back",
    AlertAction.WORSENED: "Became another problem",
    AlertAction.CLEARED: "The problem is gone",
    AlertAction.CLOSED: "Over",
    AlertAction.ACKNOWLEDGED: "Acknowledged",
    AlertAction.FALSE_ALARM: "False alarm",
    AlertAction.UNDONE: "Acknowledgement taken back",
    AlertAction.SHELVED: "Shelved",
    AlertAction.UNSHELVED: "Taken off the shelf",
    AlertAction.SHELF_ENDED: "Time on the shelf is over",
}


def event_line(event: AlertEvent) -> str:
    """``Acknowledged by shift``."""
    by = "" if event.who == SYSTEM else f" by {event.who}"
    return f"{_ACTIONS[event.action]}{by}"


def event_detail(event: AlertEvent) -> str:
    """The reason given, or what was seen."""
    if event.reason:
        return event.reason
    seen = event.action in (AlertAction.RAISED, AlertAction.RAISED_AGAIN, AlertAction.RETURNED)
    return class_title(event.classification) if seen else ""


def waiting_words(count: int) -> str:
    """``2 to acknowledge``."""
    return f"{number(count)} to acknowledge"


def hours_words(hours: float) -> str:
    """``8 hours``, ``1 day``."""
    whole = timedelta(hours=hours)
    if whole >= timedelta(days=1):
        return f"{whole.days} day{'s' * (whole.days != 1)}"
    return f"{hours:g} hour{'s' * (hours != 1)}"
