"""The line above the map: coloured by what, which symbol is which class, and how to pick."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from ui.labelling.scatter import Layer
from ui.labelling.wording import UNLABELLED
from ui.theme.tokens import GRID
from ui.widgets.buttons import Button
from ui.widgets.frames import row
from ui.widgets.tone import Tone
from ui.widgets.words import ElidedWords, Words
from ui.wording import class_title, number

_HOW = "Draw around plots to pick them · right button moves · wheel zooms · Enter picks all in sight"


class _Mark(QWidget):
    """The symbol of one layer, as the map draws it."""

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        self._layer = layer
        self.setFixedSize(QSize(2 * GRID, 2 * GRID))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(GRID, GRID)
        painter.scale(self._layer.size + 2, self._layer.size + 2)
        path = pg.graphicsItems.ScatterPlotItem.Symbols[self._layer.symbol]
        if self._layer.filled and self._layer.symbol not in "x+":
            painter.fillPath(path, QColor(self._layer.colour))
        else:
            painter.setPen(pg.mkPen(QColor(self._layer.colour)))
            painter.drawPath(path)
        painter.end()


class MapLegend(QWidget):
    """Says what was chosen, shows what it is given."""

    colouring_chosen = Signal(bool)
    """By label; else by verdict."""

    def __init__(self) -> None:
        super().__init__()
        self.label, self.verdict = (
            Button("By label", kind="chip", tip="Colours and symbols say what people say"),
            Button("By verdict", kind="chip", tip="Colours and symbols say what the model says"),
        )
        group = QButtonGroup(self)
        for button in (self.label, self.verdict):
            button.setCheckable(True)
            group.addButton(button)
        self.label.setChecked(True)
        self._classes = QHBoxLayout()
        self._classes.setSpacing(GRID // 2)
        self.rest = ElidedWords(tone=Tone.MUTED)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, GRID // 2, 2 * GRID, GRID // 2)
        layout.setSpacing(GRID // 2)
        first = row(self.label, self.verdict, spacing=GRID)
        first.addSpacing(GRID)
        first.addLayout(self._classes)
        first.addStretch(1)
        layout.addLayout(first)
        layout.addWidget(self.rest)
        group.buttonClicked.connect(self._tell)

    @property
    def by_label(self) -> bool:
        """Whether points show labels; else verdicts."""
        return self.label.isChecked()

    def _tell(self, _button: object) -> None:
        self.colouring_chosen.emit(self.by_label)

    def show_layers(self, layers: Sequence[tuple[Layer, int]], left_out: int) -> None:
        """Which symbol is which class, and how many plots have no place."""
        while (item := self._classes.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for layer, count in sorted(layers, key=lambda one: -one[1]):
            words = class_title(layer.name) if layer.name else UNLABELLED if self.by_label else "no verdict"
            self._classes.addWidget(_Mark(layer), 0, Qt.AlignmentFlag.AlignVCenter)
            self._classes.addWidget(Words(f"{words} {number(count)}"))
        missing = f" · {number(left_out)} plots without a place: this model has not judged them" if left_out else ""
        self.rest.say(_HOW + missing)
