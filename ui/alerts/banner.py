"""The banner over every screen while alerts wait: what, how many, and the way to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from backend.domain.alerts import Alert
from backend.domain.classifications import Severity
from ui.alerts.wording import SYMBOLS, since, title, waiting_words
from ui.theme.apply import theme_of
from ui.theme.symbols import paint_symbol
from ui.theme.tokens import BODY, GRID, LINE_ALARM
from ui.widgets.buttons import Button
from ui.widgets.frames import row
from ui.widgets.tone import Tone, tone_of
from ui.widgets.words import ElidedWords, Words

_SYMBOL = 16
_NAMED = 3
STILL_WAITS = "nobody has answered"


class AlertBanner(QWidget):
    """One line, on every screen. Hidden while nothing waits."""

    acknowledge_requested = Signal()
    """The alert named first."""
    show_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.count = Words("", BODY, QFont.Weight.DemiBold)
        self.words = ElidedWords("", BODY, tone=Tone.TEXT)
        self.acknowledge_button = Button("Acknowledge", tip="Acknowledge the alert named first", key="Ctrl+K")
        self.show_button = Button("Show alerts", tip="Go to the Alerts screen")
        layout = row(self.count, spacing=2 * GRID, margins=(3 * GRID + _SYMBOL + GRID, GRID - 2, 2 * GRID, GRID - 2))
        layout.addWidget(self.words, 1)
        layout.addWidget(self.acknowledge_button)
        layout.addWidget(self.show_button)
        self.setLayout(layout)
        self._severity = Severity.ALARM
        self._first = 0
        self._escalated = False
        self.acknowledge_button.clicked.connect(self.acknowledge_requested)
        self.show_button.clicked.connect(self.show_requested)
        self.hide()

    def show_alerts(self, waiting: Sequence[Alert], now: datetime) -> None:
        """Name the worst of those that wait, given worst first; none hides the banner."""
        if not waiting:
            self._first = 0
            self.hide()
            return
        first = waiting[0]
        self._severity = first.evidence.severity
        late = f" · {STILL_WAITS}" if self._escalated else ""
        self.count.say(f"{waiting_words(len(waiting))}{late}", tone_of(self._severity))
        named = [f"{title(first)}, {since(first, now)}", *(title(alert) for alert in waiting[1:_NAMED])]
        more = len(waiting) - _NAMED
        self.words.say(";  ".join(named) + (f";  and {more} more" if more > 0 else ""))
        self.setAccessibleName(f"{self.count.text()}: {self.words.text()}")
        self.show()
        self.update()
        if first.alert_id != self._first:
            self._first = first.alert_id
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def show_escalated(self, escalated: bool) -> None:
        """Say, with the next alerts shown, that it is time that somebody acknowledges."""
        self._escalated = escalated

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        colours = theme.severity(self._severity)
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.title_ground))
        painter.fillRect(0, 0, LINE_ALARM, self.height(), QColor(colours.line))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(3 * GRID - 4, (self.height() - _SYMBOL) / 2, _SYMBOL, _SYMBOL)
        paint_symbol(painter, SYMBOLS[self._severity], box, colours.text)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.end()
