"""Alerts as rows of an item model: what stays, stays in place and selected; what goes, goes; what is new, comes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from typing_extensions import override

from backend.domain.alerts import Alert
from ui.alerts.rows import ALERT_ROLE
from ui.alerts.wording import facts, title

Index = QModelIndex | QPersistentModelIndex

_STEPS = 64
"""More single changes than this take longer than starting over."""


class AlertListModel(QAbstractListModel):
    """Serves the `Alert` of a row in `ALERT_ROLE`, and words for screen readers."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._alerts: list[Alert] = []

    @override
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """One row per alert."""
        return 0 if parent.isValid() else len(self._alerts)

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The alert, or its title."""
        if not index.isValid() or index.row() >= len(self._alerts):
            return None
        alert = self._alerts[index.row()]
        if role == ALERT_ROLE:
            return alert
        if role == Qt.ItemDataRole.DisplayRole:
            return title(alert)
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return f"{title(alert)}, {alert.state.value}, {facts(alert)}"
        return None

    @property
    def alerts(self) -> Sequence[Alert]:
        """The rows."""
        return self._alerts

    def show(self, alerts: Sequence[Alert]) -> None:
        """Show these, in this order."""
        wanted = list(alerts)
        there = {alert.alert_id for alert in self._alerts}
        staying = {alert.alert_id for alert in wanted} & there
        steps = len(there) + len(wanted) - 2 * len(staying)
        kept = [alert.alert_id for alert in self._alerts if alert.alert_id in staying]
        if steps > _STEPS or kept != [alert.alert_id for alert in wanted if alert.alert_id in staying]:
            self._start_over(wanted)
            return
        self._remove(staying)
        self._insert(wanted)
        self._refresh(wanted)

    def _start_over(self, wanted: list[Alert]) -> None:
        self.beginResetModel()
        self._alerts = wanted
        self.endResetModel()

    def _remove(self, staying: set[int]) -> None:
        for place in reversed(range(len(self._alerts))):
            if self._alerts[place].alert_id not in staying:
                self.beginRemoveRows(QModelIndex(), place, place)
                del self._alerts[place]
                self.endRemoveRows()

    def _insert(self, wanted: Sequence[Alert]) -> None:
        for place, alert in enumerate(wanted):
            if place >= len(self._alerts) or self._alerts[place].alert_id != alert.alert_id:
                self.beginInsertRows(QModelIndex(), place, place)
                self._alerts.insert(place, alert)
                self.endInsertRows()

    def _refresh(self, wanted: Sequence[Alert]) -> None:
        changed = [place for place, alert in enumerate(wanted) if self._alerts[place] is not alert]
        if changed:
            self._alerts = list(wanted)
            self.dataChanged.emit(self.index(changed[0], 0), self.index(changed[-1], 0))
