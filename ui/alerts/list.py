"""A list of alerts, virtual over whatever model it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from PySide6.QtCore import QAbstractItemModel, QItemSelectionModel, QModelIndex, Qt, Signal, Slot
from PySide6.QtWidgets import QAbstractItemView, QListView
from typing_extensions import override

from backend.domain.alerts import Alert
from ui.alerts.rows import ALERT_ROLE, AlertDelegate


class AlertList(QListView):
    """Rows of alerts. `current_changed` names the alert a person is at, 0 where there is none."""

    current_changed = Signal(int)
    chosen_changed = Signal()

    def __init__(self, now: Callable[[], datetime], name: str, *, many: bool = True) -> None:
        super().__init__()
        self.setItemDelegate(AlertDelegate(now, self))
        self.setAccessibleName(name)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        mode = QAbstractItemView.SelectionMode
        self.setSelectionMode(mode.ExtendedSelection if many else mode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QListView.Shape.NoFrame)
        self._told = 0

    @override
    def setModel(self, model: QAbstractItemModel | None) -> None:
        super().setModel(model)
        if model is not None:
            model.modelAboutToBeReset.connect(self._remember)
            model.modelReset.connect(self._restore)
            model.rowsRemoved.connect(self._choose_current)
            for changed in (model.dataChanged, model.modelReset, model.rowsInserted, model.rowsRemoved):
                changed.connect(self._tell_chosen)
        selection = self.selectionModel()
        if selection is not None:
            selection.currentChanged.connect(self._current_changed)
            selection.selectionChanged.connect(self.chosen_changed)

    @property
    def chosen(self) -> list[Alert]:
        """The selected alerts, from top to bottom."""
        selection = self.selectionModel()
        rows = sorted(selection.selectedIndexes(), key=QModelIndex.row) if selection is not None else []
        return [alert for row in rows if isinstance(alert := row.data(ALERT_ROLE), Alert)]

    def go_to(self, alert_id: int) -> None:
        """Select an alert that is listed; others change nothing."""
        if [alert.alert_id for alert in self.chosen] != [alert_id]:
            self._select([alert_id])

    @Slot()
    def _remember(self) -> None:
        self._kept = [alert.alert_id for alert in self.chosen]

    @Slot()
    def _restore(self) -> None:
        self._select(self._kept)
        if not self.currentIndex().isValid():
            self._tell(0)

    @Slot()
    def _tell_chosen(self) -> None:
        """The same rows may be chosen and what they hold be another thing."""
        self.chosen_changed.emit()

    @Slot()
    def _choose_current(self) -> None:
        """What was chosen has gone: go on with the row that took its place."""
        current, selection = self.currentIndex(), self.selectionModel()
        if current.isValid() and selection is not None and not selection.hasSelection():
            selection.select(current, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def _select(self, alert_ids: Iterable[int]) -> None:
        wanted, model, selection = set(alert_ids), self.model(), self.selectionModel()
        if not wanted or model is None or selection is None:
            return
        flags = QItemSelectionModel.SelectionFlag
        first = True
        for row in range(model.rowCount()):
            index = model.index(row, 0)
            alert = index.data(ALERT_ROLE)
            if isinstance(alert, Alert) and alert.alert_id in wanted:
                if first:
                    selection.setCurrentIndex(index, flags.ClearAndSelect)
                else:
                    selection.select(index, flags.Select)
                first = False

    @Slot(QModelIndex, QModelIndex)
    def _current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        alert = current.data(ALERT_ROLE) if current.isValid() else None
        self._tell(alert.alert_id if isinstance(alert, Alert) else 0)

    def _tell(self, alert_id: int) -> None:
        if alert_id != self._told:
            self._told = alert_id
            self.current_changed.emit(alert_id)
