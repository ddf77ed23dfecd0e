"""Confidence of the last verdicts as a small chart, with the threshold and a cursor that tells run and time."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from backend.domain.classifications import Severity
from backend.domain.hall import HistoryPoint
from ui.detail.wording import history_line
from ui.theme.apply import theme_of
from ui.theme.fonts import font
from ui.theme.tokens import GRID, RADIUS, SMALL, Theme
from ui.wording import clock

_CHART = 8 * GRID
_FOOT = 2 * GRID
_INSET = 4.0
_WIDEST_STEP = 18.0


class ConfidenceHistory(QWidget):
    """Oldest at the left, newest at the right edge; verdicts that are not normal stand out as columns.

    Painted by itself: a charting library would cost the first selection a fifth of a second of the window's thread.
    """

    def __init__(self) -> None:
        super().__init__()
        self._points: tuple[HistoryPoint, ...] = ()
        self._threshold: float | None = None
        self._cursor: int | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_history(self, points: Sequence[HistoryPoint], threshold: float | None) -> None:
        """Show verdicts, oldest first, and the threshold (0 to 1) of the class that was last decided."""
        self._points, self._threshold, self._cursor = tuple(points), threshold, None
        newest = f", newest {history_line(self._points[-1])}" if self._points else ""
        self.setAccessibleName(f"Confidence of the last {len(self._points)} verdicts{newest}")
        self.update()

    @property
    def cursor_words(self) -> str:
        """What the cursor tells: class, confidence, run and time; "" without a cursor."""
        return "" if self._cursor is None else history_line(self._points[self._cursor])

    @override
    def sizeHint(self) -> QSize:
        return QSize(40 * GRID, _CHART + _FOOT)

    def _area(self) -> QRectF:
        return QRectF(_INSET, _INSET, self.width() - 2 * _INSET, _CHART - 2 * _INSET)

    def _step(self) -> float:
        return min(_WIDEST_STEP, self._area().width() / max(1, len(self._points)))

    def _place(self, index: int) -> QPointF:
        area = self._area()
        x = area.right() - (len(self._points) - index - 0.5) * self._step()
        return QPointF(x, area.bottom() - area.height() * self._points[index].confidence)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter, theme)
        if self._points:
            self._paint_columns(painter, theme)
            self._paint_threshold(painter, theme)
            self._paint_line(painter, theme)
            self._paint_cursor(painter, theme)
        self._paint_foot(painter, theme)
        painter.end()

    def _paint_ground(self, painter: QPainter, theme: Theme) -> None:
        box = QRectF(0, 0, self.width(), _CHART).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setBrush(QColor(theme.ground))
        painter.setPen(QPen(QColor(theme.accent), 2) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.drawRoundedRect(box, RADIUS, RADIUS)

    def _paint_columns(self, painter: QPainter, theme: Theme) -> None:
        """Not normal: a column in the colour of its severity, solid where confirmed, an outline where not."""
        bottom, width = self._area().bottom(), max(1.0, self._step() - 1)
        for i, point in enumerate(self._points):
            if point.severity is Severity.NORMAL:
                continue
            top = self._place(i)
            column = QRectF(top.x() - width / 2, top.y(), width, bottom - top.y())
            colour = QColor(theme.severity(point.severity).fill)
            if point.confirmed:
                painter.fillRect(column, colour)
            else:
                colour.setAlphaF(0.35)
                painter.fillRect(column, colour)

    def _paint_threshold(self, painter: QPainter, theme: Theme) -> None:
        if self._threshold is None:
            return
        area = self._area()
        y = round(area.bottom() - area.height() * self._threshold) + 0.5
        painter.setPen(QPen(QColor(theme.muted), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QLineF(area.left(), y, area.right(), y))

    def _paint_line(self, painter: QPainter, theme: Theme) -> None:
        painter.setPen(QPen(QColor(theme.muted), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF([self._place(i) for i in range(len(self._points))]))
        newest = self._points[-1]
        painter.setPen(QPen(QColor(theme.ground), 1.5))
        painter.setBrush(QColor(theme.severity(newest.severity).line))
        painter.drawEllipse(self._place(len(self._points) - 1), 4, 4)

    def _paint_cursor(self, painter: QPainter, theme: Theme) -> None:
        if self._cursor is None:
            return
        at, area = self._place(self._cursor), self._area()
        painter.setPen(QPen(QColor(theme.accent), 1))
        painter.drawLine(QLineF(at.x(), area.top(), at.x(), area.bottom()))
        painter.setBrush(QColor(theme.accent))
        painter.drawEllipse(at, 3, 3)

    def _paint_foot(self, painter: QPainter, theme: Theme) -> None:
        """Below: what the cursor tells, else the times of the first and the last verdict."""
        painter.setFont(font(SMALL))
        foot = QRectF(0, _CHART, self.width(), _FOOT)
        painter.setPen(QColor(theme.text if self._cursor is not None else theme.muted))
        if self._cursor is not None:
            painter.drawText(foot, Qt.AlignmentFlag.AlignVCenter, self.cursor_words)
        elif self._points:
            painter.drawText(foot, Qt.AlignmentFlag.AlignVCenter, clock(self._points[0].taken_at))
            painter.drawText(
                foot, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, clock(self._points[-1].taken_at)
            )
        else:
            painter.drawText(foot, Qt.AlignmentFlag.AlignVCenter, "No verdicts yet")

    def _move_cursor(self, index: int | None) -> None:
        if index != self._cursor:
            self._cursor = index
            self.setAccessibleDescription(self.cursor_words)
            self.update()

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._points:
            back = (self._area().right() - event.position().x()) / self._step()
            self._move_cursor(min(max(0, len(self._points) - 1 - int(back)), len(self._points) - 1))

    @override
    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._move_cursor(None)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        step = steps.get(Qt.Key(event.key()))
        if step is None or not self._points:
            super().keyPressEvent(event)
            return
        last = len(self._points) - 1
        start = last + 1 if self._cursor is None else self._cursor
        self._move_cursor(min(max(0, start + step), last))
