"""A plane on which a person draws around points: left button lassoes, middle or right button moves, wheel zooms."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QPen
from typing_extensions import override

Points = NDArray[np.float32]

_LEAST = 3


class LassoPlane(pg.ViewBox):  # type: ignore[misc]  # pyqtgraph is not typed
    """Tells the outline once it is drawn, in the coordinates of the points."""

    lassoed = Signal(object)
    """float32 (corners, 2)."""

    def __init__(self) -> None:
        super().__init__(lockAspect=True, enableMenu=False)
        self._outline: list[QPointF] = []
        self._line = pg.PlotCurveItem()
        self._line.setZValue(10)
        self.addItem(self._line, ignoreBounds=True)

    def dye(self, colour: str) -> None:
        """The colour of the outline."""
        pen = QPen(QColor(colour), 2)
        pen.setCosmetic(True)
        self._line.setPen(pen)

    @override
    def mouseDragEvent(self, event: object, axis: int | None = None) -> None:
        """Draw with the left button; all else is the plane's own."""
        if event.button() is not Qt.MouseButton.LeftButton:  # type: ignore[attr-defined]
            super().mouseDragEvent(event, axis)
            return
        event.accept()  # type: ignore[attr-defined]
        if event.isStart():  # type: ignore[attr-defined]
            self._outline = [self.mapToView(event.buttonDownPos())]  # type: ignore[attr-defined]
        self._outline.append(self.mapToView(event.pos()))  # type: ignore[attr-defined]
        corners = np.array([(point.x(), point.y()) for point in self._outline], np.float32)
        self._line.setData(corners[:, 0], corners[:, 1])
        if event.isFinish():  # type: ignore[attr-defined]
            self._line.setData([], [])
            if len(corners) >= _LEAST:
                self.lassoed.emit(corners)


def inside(points: Points, outline: Points) -> NDArray[np.bool_]:
    """Which points (n, 2) lie in a closed outline (corners, 2), by the even-odd rule."""
    x, y = points[:, 0], points[:, 1]
    found = np.zeros(len(points), np.bool_)
    for (x0, y0), (x1, y1) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        crosses = (y0 > y) != (y1 > y)
        if y0 != y1:
            found ^= crosses & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return found
