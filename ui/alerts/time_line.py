"""What happened to an alert, one entry below the other along a line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from PySide6.QtCore import QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from backend.domain.alert_views import AlertEvent
from backend.domain.alerts import SYSTEM, AlertState
from backend.domain.classifications import Severity
from backend.domain.dispatches import DispatchNote
from ui.alerts.sending_words import note_detail, note_line
from ui.alerts.wording import event_detail, event_line
from ui.theme.apply import theme_of
from ui.theme.fonts import font, medium
from ui.theme.tokens import BODY, GRID, SMALL, Theme
from ui.wording import clock

_ENTRY, _DETAIL = 3 * GRID, 2 * GRID + 2
_LINE_AT, _TIME_AT = 6, 3 * GRID
_DOT = 4.5


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line with what is said below it. `severity` dyes the dot, which is filled where people or trouble made it."""

    at: datetime
    line: str
    detail: str
    severity: Severity | None = None
    by_person: bool = False


def _entries(events: Iterable[AlertEvent], sent: Iterable[DispatchNote]) -> list[_Entry]:
    made = [_of_event(event) for event in events] + [_of_note(note) for note in sent]
    return sorted(made, key=lambda entry: entry.at)


def _of_event(event: AlertEvent) -> _Entry:
    loud = event.severity if event.after is AlertState.RAISED else None
    return _Entry(event.at, event_line(event), event_detail(event), loud, event.who != SYSTEM)


def _of_note(note: DispatchNote) -> _Entry:
    trouble = Severity.WARNING if note.outcome.is_trouble else None
    return _Entry(note.at, note_line(note), note_detail(note), trouble, note.who not in ("", SYSTEM))


class TimeLine(QWidget):
    """Oldest at the top; what people did has a filled dot. What went out is among what happened."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[_Entry] = []
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

    def show_events(self, events: Sequence[AlertEvent], sent: Sequence[DispatchNote] = ()) -> None:
        """Show these, oldest first."""
        self._entries = _entries(events, sent)
        self._words = "" if self._entries else "Nothing is noted of it."
        now = datetime.now(UTC)
        self.setAccessibleName("History of this alert")
        told = (f"{clock(e.at, now)} {e.line} {e.detail}".strip() for e in self._entries)
        self.setAccessibleDescription(". ".join(told))
        self.updateGeometry()
        self.update()

    @override
    def sizeHint(self) -> QSize:
        return QSize(20 * GRID, (sum(map(_height, self._entries)) or _ENTRY) + GRID)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        theme, top, now = theme_of(self), 0, datetime.now(UTC)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._words:
            self._paint_words(painter, theme)
        if len(self._entries) > 1:
            end = self.sizeHint().height() - GRID - _height(self._entries[-1]) + _ENTRY // 2
            painter.setPen(QPen(QColor(theme.line), 2))
            painter.drawLine(_LINE_AT, _ENTRY // 2, _LINE_AT, end)
        for entry in self._entries:
            self._paint(painter, entry, top, theme, now)
            top += _height(entry)
        painter.end()

    def _paint_words(self, painter: QPainter, theme: Theme) -> None:
        face = font(BODY)
        painter.setFont(face)
        painter.setPen(QColor(theme.muted))
        shown = QFontMetrics(face).elidedText(self._words, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(QRect(0, 0, self.width(), _ENTRY), Qt.AlignmentFlag.AlignVCenter, shown)

    def _paint(self, painter: QPainter, entry: _Entry, top: int, theme: Theme, now: datetime) -> None:
        ink = theme.accent if entry.by_person else theme.muted
        if entry.severity is not None:
            ink = theme.severity(entry.severity).line
        painter.setPen(QPen(QColor(ink), 1.5))
        painter.setBrush(QColor(ink if entry.severity is not None or entry.by_person else theme.surface))
        painter.drawEllipse(QPointF(_LINE_AT, top + _ENTRY / 2), _DOT, _DOT)
        small, face = font(SMALL), medium(BODY)
        time, line = clock(entry.at, now), entry.line
        at = QRect(_TIME_AT, top, self.width() - _TIME_AT, _ENTRY)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(small)
        painter.setPen(QColor(theme.muted))
        painter.drawText(at, middle, time)
        left = _TIME_AT + QFontMetrics(small).horizontalAdvance(time) + GRID
        painter.setFont(face)
        painter.setPen(QColor(theme.text))
        painter.drawText(QRect(left, top, self.width() - left, _ENTRY), middle, line)
        if entry.detail:
            shown = QFontMetrics(small).elidedText(entry.detail, Qt.TextElideMode.ElideRight, self.width() - left)
            painter.setFont(small)
            painter.setPen(QColor(theme.muted))
            painter.drawText(QRect(left, top + _ENTRY - 5, self.width() - left, _DETAIL), middle, shown)


def _height(entry: _Entry) -> int:
    return _ENTRY + (_DETAIL - 3 if entry.detail else 0)
