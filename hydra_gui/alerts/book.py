"""What is known of alerts: the newest state of every open one, and how they are listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from backend.domain.alerts import Alert
from backend.domain.incidents import Incident, incidents, worst_first
from ui.alerts.tabs import AlertTab, tab_of


class AlertBook:
    """Open alerts by number. What is told twice or out of order does no harm: the later change counts."""

    def __init__(self) -> None:
        self._alerts: dict[int, Alert] = {}
        self._closed: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._alerts)

    def get(self, alert_id: int) -> Alert | None:
        """An open alert, or None."""
        return self._alerts.get(alert_id)

    def update(self, alerts: Iterable[Alert]) -> list[tuple[Alert | None, Alert]]:
        """Take these over; returns those that were news, each with what was known before."""
        news = []
        for alert in alerts:
            before = self._alerts.get(alert.alert_id)
            known = before.change if before is not None else self._closed.get(alert.alert_id, -1)
            if alert.change <= known:
                continue
            news.append((before, alert))
            if alert.open:
                self._alerts[alert.alert_id] = alert
            else:
                self._alerts.pop(alert.alert_id, None)
                self._closed[alert.alert_id] = alert.change
        return news

    def open(self) -> list[Alert]:
        """All open alerts, in no particular order."""
        return list(self._alerts.values())

    def waiting(self) -> list[Alert]:
        """What waits for a person, worst first."""
        return worst_first(alert for alert in self._alerts.values() if alert.waits)

    def incidents(self) -> list[Incident]:
        """The same, grouped."""
        return incidents(alert for alert in self._alerts.values() if alert.waits)

    def listed(self, tab: AlertTab) -> list[Alert]:
        """The open alerts of a tab: worst first, the shelved by the end of their shelf."""
        found = [alert for alert in self._alerts.values() if tab_of(alert) is tab]
        if tab is AlertTab.SHELVED:
            return sorted(
                found, key=lambda alert: (alert.shelf.until if alert.shelf else alert.changed_at, alert.alert_id)
            )
        return worst_first(found)

    def counts(self) -> dict[AlertTab, int]:
        """How many are on each tab."""
        return dict(Counter(tab_of(alert) for alert in self._alerts.values()))
