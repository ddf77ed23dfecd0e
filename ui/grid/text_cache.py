"""Laid-out text, kept: shaping the same few words anew in every frame is most of the price of a tile."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QStaticText

_CAPACITY = 8192


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One line of text ready to paint; `width` in device-independent pixels."""

    text: QStaticText
    width: float


class TextCache:
    """Lines of one font, elided to a width where asked."""

    def __init__(self, font: QFont) -> None:
        self._font = font
        self._metrics = QFontMetricsF(font)
        self._lines: dict[tuple[str, int], Line] = {}

    def line(self, text: str, room: int = 0) -> Line:
        """The line of `text`, its middle left out where it is wider than `room` pixels (0: no limit)."""
        key = (text, room)
        line = self._lines.get(key)
        if line is None:
            if len(self._lines) >= _CAPACITY:
                self._lines.clear()
            line = self._lines[key] = self._lay_out(text, room)
        return line

    def paint(self, painter: QPainter, x: float, baseline: float, line: Line, colour: QColor) -> None:
        """Paint `line` with its left end at `x` on the given baseline."""
        painter.setFont(self._font)
        painter.setPen(colour)
        painter.drawStaticText(QPointF(x, baseline - self._metrics.ascent()), line.text)

    def _lay_out(self, text: str, room: int) -> Line:
        shown = self._metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, room) if room else text
        static = QStaticText(shown)
        static.setTextFormat(Qt.TextFormat.PlainText)
        static.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
        static.prepare(font=self._font)
        return Line(static, self._metrics.horizontalAdvance(shown))
