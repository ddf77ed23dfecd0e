"""The disagreements as a table: which plot, what counts, what was said late."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from typing_extensions import override

from backend.domain.disagreements import Disagreement
from ui.team.disagreements_page import DISAGREEMENT_ROLE, label_words, place_words

_HEADERS = ("Plot", "A counts", "B said late")
Index = QModelIndex | QPersistentModelIndex
_TOP = QModelIndex()


class DisagreementModel(QAbstractTableModel):
    """Rows are set as a whole."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[Disagreement, ...] = ()

    def show(self, rows: Sequence[Disagreement]) -> None:
        """List these."""
        self.beginResetModel()
        self._rows = tuple(rows)
        self.endResetModel()

    @property
    def rows(self) -> tuple[Disagreement, ...]:
        """What is listed."""
        return self._rows

    @override
    def rowCount(self, parent: Index = _TOP) -> int:
        return 0 if parent.isValid() else len(self._rows)

    @override
    def columnCount(self, parent: Index = _TOP) -> int:
        return 0 if parent.isValid() else len(_HEADERS)

    @override
    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        shown = orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole
        return _HEADERS[section] if shown and section < len(_HEADERS) else None

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, DISAGREEMENT_ROLE):
            return None
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row = self._rows[index.row()]
        return row if role == DISAGREEMENT_ROLE else _words(row, index.column())


def _words(row: Disagreement, column: int) -> str:
    counts, late = row.dispute.counts, row.dispute.late
    return (
        place_words(row, short=True),
        f"{label_words(counts.label)}, {counts.who}",
        f"{label_words(late.label)}, {late.who}",
    )[column]
