"""Stamps: the antialiased parts of tiles, drawn once per look and size and then only copied. GUI thread only."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap

from backend.domain.classifications import Severity, Symbol
from backend.domain.hall import STRIP_LENGTH, StripMark
from ui.grid.layout import TITLE_HEIGHT
from ui.theme.symbols import SeverityStyle, paint_hatch, paint_symbol, severity_style
from ui.theme.tokens import RADIUS, Theme

_CAPACITY = 1024
MARK_GAP = 2
LOW, HIGH = 5, 10
"""Heights of quiet and of loud marks in the strip, in pixels."""


class Stamps:
    """Cards, symbols and strips for one theme and one screen scale."""

    def __init__(self, theme: Theme, ratio: float) -> None:
        self.theme = theme
        self.ratio = ratio
        self._made: dict[Hashable, QPixmap] = {}

    def card(self, style: SeverityStyle, size: QSize, *, hovered: bool) -> QPixmap:
        """Ground, title bar and border of a tile."""
        key = (style, size.width(), size.height(), hovered)
        return self._get(key, size, lambda painter: self._draw_card(painter, style, size, hovered=hovered))

    def symbol(self, symbol: Symbol, colour: str, side: int) -> QPixmap:
        """A symbol in a square of `side` pixels."""
        area = QRectF(0, 0, side, side)
        return self._get(
            (symbol, colour, side), QSize(side, side), lambda painter: paint_symbol(painter, symbol, area, colour)
        )

    def strip(self, marks: tuple[StripMark, ...], width: int) -> QPixmap:
        """The last verdicts, the newest at the right end; places without one stay empty."""
        looks = tuple((mark.severity, mark.confirmed) for mark in marks[-STRIP_LENGTH:])
        return self._get((looks, width), QSize(width, HIGH), lambda painter: self._draw_strip(painter, looks, width))

    def _get(self, key: Hashable, size: QSize, draw: Callable[[QPainter], None]) -> QPixmap:
        stamp = self._made.get(key)
        if stamp is None:
            if len(self._made) >= _CAPACITY:
                self._made.clear()
            stamp = self._made[key] = self._draw(size, draw)
        return stamp

    def _draw(self, size: QSize, draw: Callable[[QPainter], None]) -> QPixmap:
        pixmap = QPixmap(size * self.ratio)
        pixmap.setDevicePixelRatio(self.ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw(painter)
        painter.end()
        return pixmap

    def _draw_card(self, painter: QPainter, style: SeverityStyle, size: QSize, *, hovered: bool) -> None:
        half = style.line_width / 2
        box = QRectF(0, 0, size.width(), size.height()).adjusted(half, half, -half, -half)
        outline = QPainterPath()
        outline.addRoundedRect(box, RADIUS, RADIUS)
        painter.fillPath(outline, QColor(self.theme.surface))
        painter.save()
        painter.setClipPath(outline)
        self._draw_title(painter, style, QRectF(0, 0, size.width(), TITLE_HEIGHT))
        painter.restore()
        painter.strokePath(outline, self._border(style, hovered=hovered))

    def _draw_title(self, painter: QPainter, style: SeverityStyle, bar: QRectF) -> None:
        if style.title_ground:
            painter.fillRect(bar, QColor(style.title_ground))
        if style.hatch:
            paint_hatch(painter, bar, style.hatch)

    def _border(self, style: SeverityStyle, *, hovered: bool) -> QPen:
        pen = style.border()
        if hovered and style.line == self.theme.line:
            pen.setColor(QColor(self.theme.field_line))
        return pen

    def _draw_strip(self, painter: QPainter, looks: tuple[tuple[Severity | None, bool], ...], width: int) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        pitch = (width + MARK_GAP) / STRIP_LENGTH
        for place, (severity, confirmed) in enumerate(looks, STRIP_LENGTH - len(looks)):
            left, right = round(place * pitch), round((place + 1) * pitch) - MARK_GAP
            self._draw_mark(painter, severity, confirmed, left, right - left)

    def _draw_mark(self, painter: QPainter, severity: Severity | None, confirmed: bool, left: int, width: int) -> None:
        """Quiet marks are low; an alarm is high; what is not confirmed is hollow, what no model judged a dash."""
        colour = QColor(severity_style(self.theme, severity).fill)
        height = HIGH if severity is Severity.ALARM else LOW
        if severity is None:
            painter.fillRect(left, HIGH - 2, width, 1, colour)
        elif confirmed:
            painter.fillRect(left, HIGH - height, width, height, colour)
        else:
            painter.setPen(colour)
            painter.drawRect(left, HIGH - height, width - 1, height - 1)
