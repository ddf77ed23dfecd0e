"""What is searched for in the history: plots, people, severity, time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QLineEdit, QWidget

from backend.domain.alert_views import AlertQuery
from backend.domain.classifications import Severity
from ui.theme.tokens import GRID
from ui.widgets.buttons import Button
from ui.widgets.frames import column, row

_SEARCH_MS = 250
_SEVERITIES = ((Severity.NORMAL, "All"), (Severity.WARNING, "Warnings and alarms"), (Severity.ALARM, "Alarms"))
_TIMES = ((0, "Any time"), (1, "24 hours"), (7, "7 days"), (30, "30 days"))


class HistoryFilters(QWidget):
    """Two lines. Tells what is wanted a moment after somebody has typed, and at once after a click."""

    wanted = Signal(object)
    """`AlertQuery`."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._clock = clock
        self.search, self.who = _field("Search plots"), _field("Who did something")
        self.severities = {severity: Button(words, kind="chip") for severity, words in _SEVERITIES}
        self.times = {days: Button(words, kind="chip") for days, words in _TIMES}
        self._groups = [self._grouped(self.severities), self._grouped(self.times)]
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SEARCH_MS)
        self._soon.timeout.connect(self._tell)
        for field in (self.search, self.who):
            field.textChanged.connect(self._soon.start)
        first, second = row(self.search, *self.severities.values(), 1), row(self.who, *self.times.values(), 1)
        layout = column(spacing=GRID, margins=(2 * GRID, 0, 2 * GRID, GRID))
        layout.addLayout(first)
        layout.addLayout(second)
        self.setLayout(layout)

    def _grouped(self, chips: Mapping[int, Button] | Mapping[Severity, Button]) -> QButtonGroup:
        group = QButtonGroup(self)
        for place, chip in enumerate(chips.values()):
            chip.setCheckable(True)
            chip.setChecked(place == 0)
            chip.clicked.connect(self._tell)
            group.addButton(chip)
        return group

    @property
    def query(self) -> AlertQuery:
        """What is searched for now."""
        severity = next(key for key, chip in self.severities.items() if chip.isChecked())
        days = next(key for key, chip in self.times.items() if chip.isChecked())
        since = self._clock() - timedelta(days=days) if days else None
        return AlertQuery(self.search.text().strip(), severity, who=self.who.text().strip(), since=since)

    @Slot()
    def _tell(self) -> None:
        self._soon.stop()
        self.wanted.emit(self.query)


def _field(words: str) -> QLineEdit:
    field = QLineEdit()
    field.setPlaceholderText(words)
    field.setAccessibleName(words)
    field.setClearButtonEnabled(True)
    field.setFixedWidth(26 * GRID)
    return field
