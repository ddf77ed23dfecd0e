"""The scatter of a map: one layer of points per class, each with the class's colour and a symbol of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from backend.domain.classifications import Classification, Severity, Symbol
from ui.theme.contrast import mark_colour
from ui.theme.tokens import Theme

_SYMBOLS = {
    Symbol.CHECK: "o", Symbol.RING: "h", Symbol.DIAMOND: "d", Symbol.TRIANGLE: "t1", Symbol.STAR: "star",
    Symbol.BOLT: "t", Symbol.SQUARE: "s", Symbol.CROSS: "x", Symbol.SLASHED: "p", Symbol.DASH: "t2",
    Symbol.QUESTION: "+",
}  # fmt: skip
_SPARE = ("t3", "arrow_up", "crosshair", "h", "p")
_SIZE, _NONE_SIZE = 8, 5


class Layer:
    """How the points of one class look. `name` "" are those of which nothing is said."""

    def __init__(self, name: str, known: Classification | None, taken: set[str], theme: Theme) -> None:
        self.name = name
        quiet = known is None or known.severity is Severity.NORMAL
        self.colour = theme.muted if quiet or known is None else mark_colour(known.colour, theme.surface)
        wanted = "o" if known is None else _SYMBOLS[known.symbol]
        if name and wanted in taken:
            wanted = next((one for one in _SPARE if one not in taken), wanted)
        if name:
            taken.add(wanted)
        self.symbol = wanted
        self.size = _SIZE if name else _NONE_SIZE
        self.filled = bool(name)


def layers_of(names: Sequence[str], known: Mapping[str, Classification], theme: Theme) -> list[Layer]:
    """One per class that occurs: those without a name lowest, then the commonest, so that what is rare is seen."""
    counted, taken = Counter(names), set[str]()
    order = sorted(counted, key=lambda name: (name != "", -counted[name], name))
    return [Layer(name, known.get(name) if name else None, taken, theme) for name in order]


def scatter_of(layer: Layer, places: NDArray[np.float32]) -> pg.ScatterPlotItem:
    """The points of one layer; they share one picture, which keeps 20,000 of them fluent."""
    brush = pg.mkBrush(QColor(layer.colour)) if layer.filled else None
    pen = None if layer.filled and layer.symbol not in "x+" else pg.mkPen(QColor(layer.colour))
    return pg.ScatterPlotItem(
        x=places[:, 0], y=places[:, 1], symbol=layer.symbol, size=layer.size, brush=brush, pen=pen, pxMode=True
    )
