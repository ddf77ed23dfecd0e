"""The lists of the Alerts screen."""

from __future__ import annotations

from enum import StrEnum

from backend.domain.alerts import Alert, AlertState


class AlertTab(StrEnum):
    """Which alerts are listed, named as on screen."""

    WAITING = "To acknowledge"
    ACKNOWLEDGED = "Acknowledged"
    SHELVED = "Shelved"
    HELD = "Held back"
    HISTORY = "History"
    FIGURES = "Figures"


def tab_of(alert: Alert) -> AlertTab:
    """Where an alert is listed while it is open."""
    return {
        AlertState.RAISED: AlertTab.WAITING,
        AlertState.CLEARED: AlertTab.WAITING,
        AlertState.ACKNOWLEDGED: AlertTab.ACKNOWLEDGED,
        AlertState.SHELVED: AlertTab.SHELVED,
        AlertState.SUPPRESSED: AlertTab.HELD,
        AlertState.CLOSED: AlertTab.HISTORY,
    }[alert.state]


EMPTY_WORDS: dict[AlertTab, tuple[str, str]] = {
    AlertTab.WAITING: ("Nothing waits for you", "Every alert is acknowledged, or there is none."),
    AlertTab.ACKNOWLEDGED: (
        "No acknowledged problem is still there",
        "What is acknowledged and over is in the history.",
    ),
    AlertTab.SHELVED: ("Nothing is shelved", "Put an alert aside for a known reason; it comes back by itself."),
    AlertTab.HELD: ("Nothing is held back", "Problems seen without beam, or at the start of a run, are listed here."),
    AlertTab.FIGURES: ("", ""),
    AlertTab.HISTORY: ("No alert found", "Alerts stay in the history for ever. Change the search or the severity."),
}
"""Title and sentence of each list where it is empty."""
