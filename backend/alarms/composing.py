"""From alerts to messages: what somebody has to know who is not at the screen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from backend.alarms.message import Message, Picture
from backend.domain.alert_views import AlertDetail
from backend.domain.alerts import Alert

PICTURED = 3
"""So many alerts of a message come with pictures; a crate that trips needs no fifty."""

_LISTED = 30


def alert_message(
    key: str,
    experiment: str,
    alerts: Sequence[Alert],
    worst: AlertDetail,
    pictures: Sequence[Picture],
    now: datetime,
    zone: tzinfo | None,
) -> Message:
    """One message for alerts that wait for a person; there is at least one, and `worst` is the first."""
    title = what(alerts[0]) if len(alerts) == 1 else f"{len(alerts)} alerts, first {what(alerts[0])}"
    lines = [_line(alert, now, zone) for alert in alerts[:_LISTED]]
    if len(alerts) > _LISTED:
        lines.append(f"… and {len(alerts) - _LISTED} more")
    parts = ["Nobody has acknowledged:\n" + "\n".join(lines)]
    if worst.info.guidance:
        parts.append(f"What to do: {worst.info.guidance}")
    parts.append("Acknowledge it in the window of any station; then nobody else is called.")
    severity = max(alert.evidence.severity for alert in alerts)
    subject = f"{experiment}: {title}"
    return Message(key, subject, "\n\n".join(parts), severity, tuple(pictures), fields=_facts(worst))


def trial_message(key: str, experiment: str, destination: str, author: str) -> Message:
    """Shows that a destination can be reached, and says that nothing is wrong."""
    text = f"{author} tries whether alerts reach {destination}. Nothing is wrong, and there is nothing to do."
    return Message(key, f"{experiment}: test of {destination}", text, author=author)


def what(alert: Alert) -> str:
    """``CDC_occupancy: Bad, 99 % sure``."""
    evidence = alert.evidence
    sure = "" if evidence.confidence is None else f", {evidence.confidence:.0%} sure".replace("%", " %")
    return f"{alert.plot_type}: {evidence.classification or evidence.words}{sure}"


def _line(alert: Alert, now: datetime, zone: tzinfo | None) -> str:
    since = alert.since.astimezone(zone)
    minutes = max(0, round((now - alert.since).total_seconds() / 60))
    severity = alert.evidence.severity.word
    return f"- {what(alert)} ({severity}), since {since:%H:%M}" + (f", {minutes} min" if minutes else "")


def _facts(detail: AlertDetail) -> dict[str, str]:
    """Of the worst alert; what is not known is left out."""
    alert, info = detail.alert, detail.info
    beam = alert.evidence.beam
    value = "" if beam.value is None else f" ({beam.value:.3g} {beam.unit})"
    facts = {
        "Detector": " / ".join(info.group),
        "Run": "" if alert.evidence.run is None else str(alert.evidence.run),
        "Beam": f"{beam.state.value}{value}",
        "Contact": info.contact,
    }
    return {name: fact for name, fact in facts.items() if fact}
