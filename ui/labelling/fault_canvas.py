"""A plot on which a person marks the region of a fault: a rectangle by dragging, or a polygon by its corners."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from backend.domain.synthetic import Corner
from ui.detail.image_view import fitted
from ui.theme.apply import theme_of
from ui.theme.tokens import GRID

_FIRST = ((0.3, 0.3), (0.6, 0.3), (0.6, 0.6), (0.3, 0.6))
_STEP = 0.02
_LEAST = 0.01


class FaultCanvas(QWidget):
    """`corners` are 0 to 1 from the upper left corner of the image."""

    region_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.corners: tuple[Corner, ...] = _FIRST
        self.polygon = False
        self._open: list[Corner] = []
        self._start: Corner | None = None
        self._image: QImage | None = None
        self.setMinimumSize(60 * GRID, 45 * GRID)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Region of the fault: arrows move it, Shift and arrows change its size")
        self.setCursor(Qt.CursorShape.CrossCursor)

    def show_image(self, image: QImage) -> None:
        """Show a plot."""
        self._image = image
        self.update()

    def use_polygon(self, polygon: bool) -> None:
        """Mark a polygon by its corners, the last one with a double click; else a rectangle by dragging."""
        self.polygon, self._open = polygon, []
        self.update()

    def _frame(self) -> QRect:
        return fitted(self._image.size(), self.rect()) if self._image is not None else self.rect()

    def _corner(self, at: QPointF) -> Corner:
        frame = self._frame()
        x, y = (at.x() - frame.x()) / max(1, frame.width()), (at.y() - frame.y()) / max(1, frame.height())
        return min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)

    def _set(self, corners: tuple[Corner, ...]) -> None:
        self.corners = corners
        self.update()
        self.region_changed.emit()

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        corner = self._corner(event.position())
        if self.polygon:
            self._open.append(corner)
            self.update()
        else:
            self._start = corner

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._start is not None:
            (x0, y0), (x1, y1) = self._start, self._corner(event.position())
            if abs(x1 - x0) > _LEAST and abs(y1 - y0) > _LEAST:
                self._set(((x0, y0), (x1, y0), (x1, y1), (x0, y1)))

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._start = None

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The last corner of a polygon."""
        if self.polygon and len(self._open) >= 3:
            corners, self._open = tuple(self._open), []
            self._set(corners)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the region, with Shift they stretch it."""
        steps = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        dx, dy = step[0] * _STEP, step[1] * _STEP
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            x0, y0 = min(x for x, _ in self.corners), min(y for _, y in self.corners)
            width, height = (max(axis) - min(axis) or 1.0 for axis in zip(*self.corners, strict=True))
            moved = [(x + dx * (x - x0) / width, y + dy * (y - y0) / height) for x, y in self.corners]
        else:
            moved = [(x + dx, y + dy) for x, y in self.corners]
        self._set(tuple((min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)) for x, y in moved))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter, frame = theme_of(self), QPainter(self), self._frame()
        painter.fillRect(self.rect(), QColor(theme.sunken))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._image is not None:
            painter.drawImage(QRectF(frame), self._image)
        for colour, width in ((theme.surface, 3.5), (theme.accent, 1.5)):
            painter.setPen(QPen(QColor(colour), width, Qt.PenStyle.SolidLine if width > 2 else Qt.PenStyle.DashLine))
            if self._open:
                painter.drawPolyline(self._shape(tuple(self._open), frame))
            else:
                painter.drawPolygon(self._shape(self.corners, frame))
        painter.end()

    @staticmethod
    def _shape(corners: tuple[Corner, ...], frame: QRect) -> QPolygonF:
        return QPolygonF([QPointF(frame.x() + x * frame.width(), frame.y() + y * frame.height()) for x, y in corners])
