"""A small picture of what the program does: three plots, one of them wrong and marked."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from backend.domain.classifications import Severity, Symbol
from ui.theme.apply import theme_of
from ui.theme.symbols import paint_symbol, severity_style
from ui.theme.tokens import GRID, RADIUS, Theme

_CARD = (15 * GRID, 12 * GRID)
_TITLE = 3 * GRID
_HEIGHTS = ((3, 5, 8, 9, 7, 4, 2), (6, 7, 6, 1, 6, 7, 6), (2, 3, 5, 6, 7, 8, 9))
_TALLEST = 9


class Illustration(QWidget):
    """Painted from tokens and symbols, so that it follows the theme."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(_CARD[1] + GRID)
        self.setMinimumWidth(3 * _CARD[0] + 4 * GRID + 4)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for i in range(3):
            box = QRectF(i * (_CARD[0] + 2 * GRID) + 2, 2, *_CARD)
            self._paint_card(painter, theme_of(self), box, i)
        painter.end()

    def _paint_card(self, painter: QPainter, theme: Theme, box: QRectF, index: int) -> None:
        wrong = index == 1
        style = severity_style(theme, Severity.ALARM if wrong else Severity.NORMAL)
        shape = QPainterPath()
        shape.addRoundedRect(box, RADIUS, RADIUS)
        painter.fillPath(shape, QColor(theme.surface))
        if wrong:
            painter.setClipPath(shape)
            painter.fillRect(
                QRectF(box.topLeft(), QPointF(box.right(), box.top() + _TITLE)), QColor(style.title_ground)
            )
            painter.setClipping(False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(style.border())
        painter.drawPath(shape)
        mark = QRectF(box.left() + 10, box.top() + 7, 11, 11)
        paint_symbol(painter, Symbol.TRIANGLE if wrong else Symbol.CHECK, mark, style.text)
        ink = QColor(theme.alarm.line if wrong else theme.line)
        painter.setPen(QPen(ink, 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(QLineF(mark.right() + 9, mark.center().y(), mark.right() + 44, mark.center().y()))
        self._paint_bars(painter, theme, box.adjusted(12, _TITLE + 8, -12, -8), index)

    def _paint_bars(self, painter: QPainter, theme: Theme, area: QRectF, index: int) -> None:
        heights = _HEIGHTS[index]
        step = area.width() / len(heights)
        painter.setPen(Qt.PenStyle.NoPen)
        for k, height in enumerate(heights):
            tall = area.height() * height / _TALLEST
            struck = index == 1 and k == 3
            painter.setBrush(QColor(theme.alarm.fill if struck else theme.normal.line))
            painter.drawRect(QRectF(area.left() + k * step + 1, area.bottom() - tall, step - 2, tall))
