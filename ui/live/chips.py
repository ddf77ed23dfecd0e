"""Chips: how many plots stand where, and a click shows only these."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget
from typing_extensions import override

from backend.domain.classifications import Symbol
from ui.live.filters import TileFilter
from ui.theme.apply import theme_of
from ui.theme.symbols import paint_symbol
from ui.theme.tokens import GRID
from ui.widgets.buttons import Button

_SIDE = 12

_SYMBOLS = {
    TileFilter.ALARM: Symbol.TRIANGLE,
    TileFilter.WARNING: Symbol.DIAMOND,
    TileFilter.UNCONFIRMED: Symbol.QUESTION,
    TileFilter.NO_MODEL: Symbol.DASH,
}

_TIPS = {
    TileFilter.ALL: "All plots",
    TileFilter.ALARM: "Confirmed problems",
    TileFilter.WARNING: "Confirmed warnings",
    TileFilter.UNCONFIRMED: "Unconfirmed: the model is not sure enough",
    TileFilter.NO_MODEL: "Plots that no model judges",
}


class Chip(Button):
    """One filter with the number of plots it would show."""

    def __init__(self, chip: TileFilter) -> None:
        super().__init__(kind="chip", tip=_TIPS[chip])
        self.chip = chip
        self.setCheckable(True)
        self.show_count(0)
        self._draw_symbol()

    def show_count(self, count: int) -> None:
        """Show the number."""
        text = f"All {count}" if self.chip is TileFilter.ALL else f" {count}"
        if text != self.text():
            self.setText(text)
            self.setAccessibleName(f"{_TIPS[self.chip]}, {count}")

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._draw_symbol()

    @override
    def checkStateSet(self) -> None:
        super().checkStateSet()
        self._draw_symbol()

    @override
    def nextCheckState(self) -> None:
        super().nextCheckState()
        self._draw_symbol()

    def _draw_symbol(self) -> None:
        symbol = _SYMBOLS.get(self.chip)
        if symbol is not None:
            theme = theme_of(self)
            self.setIcon(symbol_icon(symbol, theme.accent if self.isChecked() else theme.text, _SIDE))


def symbol_icon(symbol: Symbol, colour: str, side: int) -> QIcon:
    """A symbol as an icon, for screens of 100 to 300 %."""
    made = QIcon()
    for scale in (1, 2, 3):
        pixmap = QPixmap(side * scale, side * scale)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        paint_symbol(painter, symbol, QRectF(pixmap.rect()), colour)
        painter.end()
        pixmap.setDevicePixelRatio(scale)
        made.addPixmap(pixmap)
    return made


class Chips(QWidget):
    """All chips, of which one is chosen."""

    chosen = Signal(object)
    """The `TileFilter` a person chose."""

    def __init__(self) -> None:
        super().__init__()
        self._group = QButtonGroup(self)
        self._chips = {chip: Chip(chip) for chip in TileFilter}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        for button in self._chips.values():
            self._group.addButton(button)
            row.addWidget(button)
        self._chips[TileFilter.ALL].setChecked(True)
        self._group.buttonClicked.connect(self._clicked)

    def show_counts(self, counts: dict[TileFilter, int]) -> None:
        """Show the numbers."""
        for chip, button in self._chips.items():
            button.show_count(counts.get(chip, 0))

    def choose(self, chip: TileFilter) -> None:
        """Mark `chip` as the chosen one, without a signal."""
        self._chips[chip].setChecked(True)

    def _clicked(self, button: Chip) -> None:
        self.chosen.emit(button.chip)
