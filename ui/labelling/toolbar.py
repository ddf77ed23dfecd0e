"""The toolbar above the plots: grid or one by one, guess shown or not, preview, size, and what is listed anew."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from ui.theme.tokens import GRID
from ui.widgets.buttons import Button

_LEAST = 40 * GRID


class LabelToolbar(QWidget):
    """Says what was clicked, shows what it is given."""

    single_toggled = Signal(bool)
    blind_toggled = Signal(bool)
    hover_toggled = Signal(bool)
    select_requested = Signal()
    confirm_requested = Signal()
    zoom_requested = Signal(int)
    """By how many steps."""
    refresh_requested = Signal()
    similar_requested = Signal()
    map_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.grid = _chip("Grid", "All plots side by side", "Esc")
        self.single = _chip("One by one", "One plot large; a key labels it and goes on", "Enter")
        self.blind = _chip("Hide guess", "Label without seeing what the model says", "Ctrl+G")
        self.hover = _chip("Preview", "Show the plot under a resting pointer large", "Ctrl+P")
        self.select = Button("Select all", kind="chip", tip="Select all plots in sight", key="")
        self.confirm = Button("Confirm guess", kind="chip", tip="Label what is selected as the model guessed", key="")
        self.smaller = Button(kind="icon", icon_name="zoom-out", tip="Smaller tiles", key="Ctrl+-")
        self.larger = Button(kind="icon", icon_name="zoom-in", tip="Larger tiles", key="Ctrl++")
        self.refresh = Button("Refresh", kind="chip", tip="List the plots anew", key="")
        self.map = _chip("Map", "All plots in two dimensions, alike beside alike", "Ctrl+E")
        self.similar = Button("Find similar", kind="chip", tip="List what looks like this plot", key="")
        keys = ((self.similar, "Ctrl+F"), (self.select, "Ctrl+A"), (self.confirm, "Ctrl+Enter"), (self.refresh, "F5"))
        for button, key in keys:
            button.setToolTip(f"{button.toolTip()}  ({key})")
        self._lay_out()
        self._connect()
        self.show_single(single=False)

    def _lay_out(self) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, GRID // 2)
        whole.setSpacing(GRID)
        self._first, self._second = QHBoxLayout(), QHBoxLayout()
        self._options = (self.similar, self.select, self.confirm, self.hover, self.blind, self.refresh)
        for line in (self._first, self._second):
            line.setSpacing(GRID)
            whole.addLayout(line)
        for button in (self.grid, self.single, self.map):
            self._first.addWidget(button)
        self._first.addStretch(1)
        for button in (self.smaller, self.larger):
            self._first.addWidget(button)
        self._fold(folded=False)

    def _fold(self, *, folded: bool) -> None:
        """Options in the first line, or in one of their own where there is no room for that."""
        self._folded = folded
        for place, button in enumerate(self._options):
            self._first.removeWidget(button)
            self._second.removeWidget(button)
            if folded:
                self._second.insertWidget(place, button)
            else:
                self._first.insertWidget(4 + place, button)
        if folded and self._second.count() == len(self._options):
            self._second.addStretch(1)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._refold()

    def _refold(self) -> None:
        shown = [
            one
            for one in (self.grid, self.single, self.map, *self._options, self.smaller, self.larger)
            if not one.isHidden()
        ]
        needed = sum(one.sizeHint().width() + GRID for one in shown) + 6 * GRID
        if (self.width() < needed) != self._folded:
            self._fold(folded=not self._folded)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(_LEAST, super().minimumSizeHint().height())

    def _connect(self) -> None:
        self.grid.clicked.connect(self._to_grid)
        self.single.clicked.connect(self._to_single)
        self.blind.clicked.connect(self.blind_toggled)
        self.hover.clicked.connect(self.hover_toggled)
        self.select.clicked.connect(self.select_requested)
        self.confirm.clicked.connect(self.confirm_requested)
        self.refresh.clicked.connect(self.refresh_requested)
        self.similar.clicked.connect(self.similar_requested)
        self.map.clicked.connect(self.map_requested)
        self.smaller.clicked.connect(self._shrink)
        self.larger.clicked.connect(self._grow)

    def _to_grid(self) -> None:
        self.single_toggled.emit(False)

    def _to_single(self) -> None:
        self.single_toggled.emit(True)

    def _shrink(self) -> None:
        self.zoom_requested.emit(-1)

    def _grow(self) -> None:
        self.zoom_requested.emit(1)

    def show_single(self, *, single: bool, on_map: bool = False) -> None:
        """Mark which of the three is open; what only a grid can do is offered there only."""
        self.grid.setChecked(not single and not on_map)
        self.single.setChecked(single)
        self.map.setChecked(on_map)
        for button in (self.select, self.hover, self.smaller, self.larger):
            button.setVisible(not single and not on_map)
        for button in (self.similar, self.confirm, self.blind):
            button.setVisible(not on_map)
        self._refold()

    def show_blind(self, *, blind: bool) -> None:
        """Whether the guess is hidden; then it cannot be confirmed either."""
        self.blind.setChecked(blind)
        self.confirm.setEnabled(not blind)

    def show_hover(self, *, on: bool) -> None:
        """Whether resting the pointer shows a plot large."""
        self.hover.setChecked(on)


def _chip(text: str, tip: str, key: str) -> Button:
    button = Button(text, kind="chip", tip=tip)
    button.setCheckable(True)
    button.setToolTip(f"{tip}  ({key})")
    return button
