"""What happened to an alert, one entry below the other along a line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from PySide6.QtCore import QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from backend.domain.alert_views import AlertEvent
from backend.domain.alerts import SYSTEM, AlertState
from ui.alerts.wording import event_detail, event_line
from ui.theme.apply import theme_of
from ui.theme.fonts import font, medium
from ui.theme.tokens import BODY, GRID, SMALL, Theme
from ui.wording import clock

_ENTRY, _DETAIL = 3 * GRID, 2 * GRID + 2
_LINE_AT, _TIME_AT = 6, 3 * GRID
_DOT = 4.5


class TimeLine(QWidget):
    """Oldest at the top; what people did has a filled dot."""

    def __init__(self) -> None:
        super().__init__()
        self._events: tuple[AlertEvent, ...] = ()
        self._words = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def wait(self) -> None:
        """The history is on its way."""
        self.say("Reading …")

    def say(self, words: str) -> None:
        """Say why there is no history to show; nothing that happened to an alert is ever an empty line."""
        self.show_events(())
        self._words = words
        self.setAccessibleDescription(words)

    def show_events(self, events: Sequence[AlertEvent]) -> None:
        """Show these, oldest first."""
        self._events, self._words = tuple(events), "" if events else "Nothing is noted of it."
        now = datetime.now(UTC)
        self.setAccessibleName("History of this alert")
        told = (f"{clock(e.at, now)} {event_line(e)} {event_detail(e)}".strip() for e in events)
        self.setAccessibleDescription(". ".join(told))
        self.updateGeometry()
        self.update()

    @override
    def sizeHint(self) -> QSize:
        height = sum(_height(event) for event in self._events) if self._events else _ENTRY
        return QSize(20 * GRID, height + GRID)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        theme, top, now = theme_of(self), 0, datetime.now(UTC)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._words:
            self._paint_words(painter, theme)
        if len(self._events) > 1:
            end = self.sizeHint().height() - GRID - _height(self._events[-1]) + _ENTRY // 2
            painter.setPen(QPen(QColor(theme.line), 2))
            painter.drawLine(_LINE_AT, _ENTRY // 2, _LINE_AT, end)
        for entry in self._events:
            self._paint(painter, entry, top, theme, now)
            top += _height(entry)
        painter.end()

    def _paint_words(self, painter: QPainter, theme: Theme) -> None:
        face = font(BODY)
        painter.setFont(face)
        painter.setPen(QColor(theme.muted))
        shown = QFontMetrics(face).elidedText(self._words, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(QRect(0, 0, self.width(), _ENTRY), Qt.AlignmentFlag.AlignVCenter, shown)

    def _paint(self, painter: QPainter, entry: AlertEvent, top: int, theme: Theme, now: datetime) -> None:
        loud = entry.after is AlertState.RAISED
        ink = theme.severity(entry.severity).line if loud else theme.accent if entry.who != SYSTEM else theme.muted
        painter.setPen(QPen(QColor(ink), 1.5))
        painter.setBrush(QColor(ink if loud or entry.who != SYSTEM else theme.surface))
        painter.drawEllipse(QPointF(_LINE_AT, top + _ENTRY / 2), _DOT, _DOT)
        small, face = font(SMALL), medium(BODY)
        time, line = clock(entry.at, now), event_line(entry)
        at = QRect(_TIME_AT, top, self.width() - _TIME_AT, _ENTRY)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(small)
        painter.setPen(QColor(theme.muted))
        painter.drawText(at, middle, time)
        left = _TIME_AT + QFontMetrics(small).horizontalAdvance(time) + GRID
        painter.setFont(face)
        painter.setPen(QColor(theme.text))
        painter.drawText(QRect(left, top, self.width() - left, _ENTRY), middle, line)
        detail = event_detail(entry)
        if detail:
            shown = QFontMetrics(small).elidedText(detail, Qt.TextElideMode.ElideRight, self.width() - left)
            painter.setFont(small)
            painter.setPen(QColor(theme.muted))
            painter.drawText(QRect(left, top + _ENTRY - 5, self.width() - left, _DETAIL), middle, shown)


def _height(event: AlertEvent) -> int:
    return _ENTRY + (_DETAIL - 3 if event_detail(event) else 0)
