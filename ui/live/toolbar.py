"""The toolbar above the grid: search, chips, heat maps, grouping, hidden plots."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLineEdit, QMenu, QWidget
from typing_extensions import override

from ui.live.chips import Chips
from ui.live.filters import Grouping, TileCounts, TileFilter
from ui.theme.apply import theme_of
from ui.theme.tokens import GRID
from ui.widgets.buttons import Button, paint_key

_SEARCH_LEAST, _SEARCH_MOST = 120, 180
_KEY_SIDE = 18
_CLEAR_ICON = 14
_LEAST = 420
"""Width of the toolbar, in pixels, below which it is not made."""

_GROUPINGS = {Grouping.DETECTOR: "By detector", Grouping.GROUP: "By group", Grouping.NONE: "By name"}


class SearchField(QLineEdit):
    """A search field that shows the key that leads to it; Escape empties it."""

    left = Signal()
    """Escape or Enter was pressed: back to the grid."""

    def __init__(self) -> None:
        super().__init__()
        self.setPlaceholderText("Search")
        self.setAccessibleName("Search plots by name, group or class")
        self.setToolTip("Search plots by name, group or class  (/)")
        self.setMinimumWidth(_SEARCH_LEAST)
        self.setMaximumWidth(_SEARCH_MOST)
        self._clear = Button(kind="icon", icon_name="close", tip="Show all plots again", key="Esc")
        self._clear.setParent(self)
        self._clear.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._clear.setIconSize(QSize(_CLEAR_ICON, _CLEAR_ICON))
        self._clear.hide()
        self._clear.clicked.connect(self.clear)
        self.textChanged.connect(self._offer_to_clear)
        self.setTextMargins(0, 0, _KEY_SIDE, 0)

    def _offer_to_clear(self, text: str) -> None:
        self._clear.setVisible(bool(text))

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        side = self.height() - 4
        self._clear.setGeometry(self.width() - side - 2, 2, side, side)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
            self.left.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down):
            self.left.emit()
        else:
            super().keyPressEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.text() or self.hasFocus():
            return
        painter = QPainter(self)
        top = (self.height() - _KEY_SIDE) / 2
        box = QRectF(self.width() - _KEY_SIDE - 10, top, _KEY_SIDE, _KEY_SIDE)
        paint_key(painter, "/", box.adjusted(0.5, 0.5, -0.5, -0.5), theme_of(self))
        painter.end()


class LiveToolbar(QWidget):
    """Says what was chosen, shows what it is given."""

    search_changed = Signal(str)
    chip_chosen = Signal(object)
    heat_maps_toggled = Signal(bool)
    grouping_chosen = Signal(object)
    hidden_toggled = Signal(bool)
    search_left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.search = SearchField()
        self.chips = Chips()
        self._heat = Button("Heat maps", kind="chip", tip="Heat maps on all tiles", key="H")
        self._heat.setCheckable(True)
        self._hidden = Button("Hidden", kind="chip", tip="Show hidden plots too")
        self._hidden.setCheckable(True)
        self._hidden.hide()
        self._grouping = Button("By detector ▾", kind="chip", tip="How the grid is grouped")
        self._menu = QMenu(self)
        self._actions = self._make_actions()
        self._lay_out()
        self._connect()

    def _make_actions(self) -> dict[Grouping, QAction]:
        group = QActionGroup(self)
        actions = {}
        for grouping, text in _GROUPINGS.items():
            action = actions[grouping] = self._menu.addAction(text)
            action.setCheckable(True)
            action.setData(grouping)
            group.addAction(action)
        group.triggered.connect(self._group_by)
        actions[Grouping.DETECTOR].setChecked(True)
        return actions

    def _lay_out(self) -> None:
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, GRID)
        self._grid.setSpacing(GRID)
        self._grid.setColumnStretch(0, 3)
        self._grid.setColumnStretch(2, 1)
        self._grid.addWidget(self.search, 0, 0)
        for place, button in enumerate((self._heat, self._hidden, self._grouping), 3):
            self._grid.addWidget(button, 0, place)
        self._fold(folded=False)

    def _fold(self, *, folded: bool) -> None:
        """Chips beside the search, or in a line of their own where there is no room for that."""
        self._folded = folded
        self._grid.removeWidget(self.chips)
        if folded:
            self._grid.addWidget(self.chips, 1, 0, 1, 6, Qt.AlignmentFlag.AlignLeft)
        else:
            self._grid.addWidget(self.chips, 0, 1)

    def _width_in_one_line(self) -> int:
        widgets = (self.chips, self._heat, self._grouping, *((self._hidden,) if self._hidden.isVisible() else ()))
        needed: int = sum(widget.sizeHint().width() + GRID for widget in widgets)
        return 8 * GRID + _SEARCH_LEAST + needed

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(_LEAST, super().minimumSizeHint().height())

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._refold()

    def _refold(self) -> None:
        folded = self.width() < self._width_in_one_line()
        if folded != self._folded:
            self._fold(folded=folded)

    def _connect(self) -> None:
        self.search.textChanged.connect(self.search_changed)
        self.search.left.connect(self.search_left)
        self.chips.chosen.connect(self.chip_chosen)
        self._heat.clicked.connect(self.heat_maps_toggled)
        self._hidden.clicked.connect(self.hidden_toggled)
        self._grouping.clicked.connect(self._open_menu)

    def show_counts(self, counts: TileCounts) -> None:
        """Show the numbers on the chips; the chip of hidden plots is there only while there are some."""
        self.chips.show_counts(counts.shown)
        self._hidden.setText(f"Hidden {counts.hidden}")
        self._hidden.setVisible(counts.hidden > 0 or self._hidden.isChecked())
        self._refold()

    def show_heat_maps(self, on: bool) -> None:
        """Show whether heat maps are on."""
        self._heat.setChecked(on)

    def show_grouping(self, grouping: Grouping) -> None:
        """Show how the grid is grouped."""
        self._actions[grouping].setChecked(True)
        self._grouping.setText(f"{_GROUPINGS[grouping]} ▾")

    def show_hidden(self, on: bool) -> None:
        """Show whether hidden plots are shown."""
        self._hidden.setChecked(on)

    def show_chip(self, chip: TileFilter) -> None:
        """Mark the chosen chip."""
        self.chips.choose(chip)

    def toggle_heat_maps(self) -> None:
        """As if the button had been clicked."""
        self._heat.click()

    def _group_by(self, action: QAction) -> None:
        self.grouping_chosen.emit(action.data())

    def _open_menu(self) -> None:
        self._menu.popup(self._grouping.mapToGlobal(self._grouping.rect().bottomLeft()))
