"""The map of a plot type: every plot a point, alike beside alike. Drawing around points picks them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget
from typing_extensions import override

from backend.domain.classifications import Classification
from backend.domain.insight import EmbeddingMap
from ui.labelling.large_image import Preview
from ui.labelling.lasso import LassoPlane, inside
from ui.labelling.map_legend import MapLegend
from ui.labelling.scatter import layers_of, scatter_of
from ui.theme.apply import theme_of

_NEAR_PX = 10
_STEP, _ZOOM = 0.1, 0.8


class _MapPreview(Preview):
    """Smaller than over the grid: what a person looks at is the map."""

    _SHARE = 0.32


class ClusterMap(QWidget):
    """Shows what it is given; tells what was picked and which plot the pointer is on."""

    picked = Signal(object)
    """tuple of plot ids, at least one."""
    pointed_at = Signal(int)
    """The plot under the pointer, -1 for none."""

    def __init__(self) -> None:
        super().__init__()
        self._map: EmbeddingMap | None = None
        self._classes: Mapping[str, Classification] = {}
        self._pointed = -1
        self.plane = LassoPlane()
        self.canvas = pg.PlotWidget(viewBox=self.plane)
        self.canvas.hideAxis("left")
        self.canvas.hideAxis("bottom")
        self.canvas.hideButtons()
        self.canvas.setAccessibleName("Map of plots: arrows move, + and - zoom, Enter picks all in sight")
        self.canvas.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Map of plots: arrows move, + and - zoom, Enter picks all in sight")
        self.legend = MapLegend()
        self.preview = _MapPreview(self.canvas)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.legend)
        layout.addWidget(self.canvas, 1)
        self.plane.lassoed.connect(self._pick_inside)
        self.canvas.scene().sigMouseMoved.connect(self._point)
        self.legend.colouring_chosen.connect(self._draw)

    def show_map(self, found: EmbeddingMap, classes: Mapping[str, Classification]) -> None:
        """Show these plots."""
        whole = self._map is None or found.plot_type != self._map.plot_type
        self._map, self._classes = found, classes
        self._draw()
        if whole:
            self.plane.autoRange(padding=0.05)

    def _draw(self, _by: object = None) -> None:
        if self._map is None:
            return
        theme = theme_of(self)
        self.canvas.setBackground(QColor(theme.surface))
        self.plane.dye(theme.accent)
        for item in [one for one in self.plane.addedItems if isinstance(one, pg.ScatterPlotItem)]:
            self.plane.removeItem(item)
        names = self._map.labels if self.legend.by_label else self._map.guesses
        said = np.array(names, dtype=object)
        layers = layers_of(names, self._classes, theme)
        counts = []
        for layer in layers:
            mine = said == layer.name
            counts.append(int(mine.sum()))
            self.plane.addItem(scatter_of(layer, self._map.places[mine]))
        self.legend.show_layers(list(zip(layers, counts, strict=True)), self._map.left_out)

    def show_preview(self, plot_id: int, image: QImage | None, words: str = "") -> None:
        """The image of the plot under the pointer, if it still is; words where there is none."""
        if plot_id != self._pointed:
            return
        if image is not None:
            self.preview.show_image(plot_id, image)
        else:
            self.preview.say(words)

    def _pick_inside(self, outline: np.ndarray) -> None:
        if self._map is not None:
            self._pick(inside(self._map.places, outline))

    def pick_visible(self) -> None:
        """Pick all points in sight."""
        if self._map is not None:
            (left, right), (bottom, top) = self.plane.viewRange()
            x, y = self._map.places[:, 0], self._map.places[:, 1]
            self._pick((x >= left) & (x <= right) & (y >= bottom) & (y <= top))

    def _pick(self, mine: np.ndarray) -> None:
        if self._map is not None and mine.any():
            self.picked.emit(tuple(self._map.plot_ids[mine].tolist()))

    def _point(self, at: object) -> None:
        """Find the nearest plot within some pixels of the pointer."""
        row = self._nearest(at)
        plot_id = int(self._map.plot_ids[row]) if self._map is not None and row >= 0 else -1
        if plot_id == self._pointed:
            return
        self._pointed = plot_id
        if plot_id < 0:
            self.preview.hide()
        else:
            place = self.canvas.mapFromScene(at)
            self.preview.say("")
            self.preview.open_beside(QRect(place - QPoint(2, 2), place + QPoint(2, 2)))
        self.pointed_at.emit(plot_id)

    def _nearest(self, at: object) -> int:
        if self._map is None or not len(self._map.plot_ids):
            return -1
        where = self.plane.mapSceneToView(at)
        width, height = self.plane.viewPixelSize()
        off = (self._map.places - [where.x(), where.y()]) / [max(width, 1e-12), max(height, 1e-12)]
        far = (off**2).sum(axis=1)
        row = int(far.argmin())
        return row if far[row] <= _NEAR_PX**2 else -1

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move, + and - zoom, 0 shows all, Enter picks all in sight."""
        steps = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1)}
        key = Qt.Key(event.key())
        if key in steps:
            rect = self.plane.viewRect()
            x, y = steps[key]
            self.plane.translateBy(x=x * _STEP * rect.width(), y=y * _STEP * rect.height())
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.plane.scaleBy((_ZOOM, _ZOOM))
        elif key is Qt.Key.Key_Minus:
            self.plane.scaleBy((1 / _ZOOM, 1 / _ZOOM))
        elif key is Qt.Key.Key_Home:
            self.plane.autoRange(padding=0.05)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.pick_visible()
        else:
            super().keyPressEvent(event)

    @override
    def changeEvent(self, event: QEvent) -> None:
        """A new palette is a new theme."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and self._map is not None:
            self._draw()
