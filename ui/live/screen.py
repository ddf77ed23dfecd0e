"""The Live screen: attention pane, grid under its toolbar, and a place for the detail pane.

Passive: it shows the models and values it is given and says in signals what a person did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from PySide6.QtCore import QAbstractItemModel, QItemSelection, QModelIndex, QPersistentModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from backend.domain.classifications import Classification, Symbol
from ui.grid.roles import TileRows
from ui.grid.view import TileGridView
from ui.live.attention_pane import AttentionPane
from ui.live.filters import Grouping, TileCounts, TileFilter
from ui.live.tile_menu import TileMenu
from ui.live.toolbar import LiveToolbar
from ui.widgets.notes import Note

_SIZES = (304, 892, 400)
"""Widths of attention pane, grid and detail pane before anybody moved them."""

Index = QModelIndex | QPersistentModelIndex


class LiveState(StrEnum):
    """What the middle of the screen shows."""

    LOADING = "loading"
    EMPTY = "empty"
    READY = "ready"


class LiveScreen(QWidget):
    """See the module. Plots are named by their plot type throughout."""

    search_changed = Signal(str)
    chip_chosen = Signal(object)
    """TileFilter."""
    grouping_chosen = Signal(object)
    """Grouping."""
    heat_maps_toggled = Signal(bool)
    hidden_toggled = Signal(bool)
    """Whether hidden plots are to be shown too."""

    tile_selected = Signal(str)
    tile_opened = Signal(str)
    """Enter or double click."""
    hide_requested = Signal(str)
    unhide_requested = Signal(str)
    save_requested = Signal(str, bool)
    missed_requested = Signal(str)
    """A problem of this plot type that no model noticed."""
    """Plot type, and whether the heat map is to be saved with it."""
    layout_changed = Signal()
    """Panes or tiles have another size; see `sizes` and `zoom`."""

    grid_spec_changed = Signal(object)
    attention_spec_changed = Signal(object)
    """`BodySpec` of the images either pane wants."""
    grid_held = Signal(bool)
    attention_held = Signal(bool)
    """Whether a pointer is at work over the pane."""
    save_path_chosen = Signal(str)
    """Answer to `ask_save_path`; "" when it was given up."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.attention = AttentionPane()
        self.toolbar = LiveToolbar()
        self.grid = TileGridView()
        self.grid.setAccessibleName("All plots")
        self._loading, self._no_match = Note(), Note("Show all plots")
        self._empty: QWidget = _nothing_yet()
        self._pages = QStackedWidget()
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._detail = QWidget()
        self._menu = TileMenu(self)
        self._state = LiveState.LOADING
        self._selected = ""
        self._sizes = list(_SIZES)
        self._selecting = False
        self._lay_out()
        self._word_notes()
        self._connect()
        self._bind_keys()

    def _lay_out(self) -> None:
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.toolbar)
        column.addWidget(self._pages, 1)
        for page in (self._loading, self._empty, self._no_match, self.grid):
            self._pages.addWidget(page)
        for pane in (self.attention, middle, self._detail):
            self._splitter.addWidget(pane)
        self._splitter.setHandleWidth(1)
        self._splitter.setStretchFactor(1, 1)
        for place, collapsible in enumerate((False, False, True)):
            self._splitter.setCollapsible(place, collapsible)
        self._splitter.setSizes(_SIZES)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._splitter)

    def _word_notes(self) -> None:
        self._loading.say("Reading the last state of the hall …")
        self._no_match.say("No plot matches", "Nothing is lost: the search or a chip narrows the grid.")
        self.say_attention("Nothing needs attention", "", Symbol.CHECK)

    def _connect(self) -> None:
        bar = self.toolbar
        bar.search_changed.connect(self.search_changed)
        bar.chip_chosen.connect(self.chip_chosen)
        bar.grouping_chosen.connect(self.grouping_chosen)
        bar.heat_maps_toggled.connect(self.heat_maps_toggled)
        bar.hidden_toggled.connect(self.hidden_toggled)
        bar.search_left.connect(self.grid.setFocus)
        self._no_match.button.clicked.connect(self._show_all)
        self._splitter.splitterMoved.connect(self.layout_changed)
        self.grid.zoom_changed.connect(self.layout_changed)
        self._connect_panes()
        self._menu.hide_requested.connect(self.hide_requested)
        self._menu.unhide_requested.connect(self.unhide_requested)
        self._menu.save_requested.connect(self.save_requested)
        self._menu.missed_requested.connect(self.missed_requested)
        self._menu.open_requested.connect(self.tile_opened)
        self.grid.activated.connect(self._opened)
        self.attention.view.activated.connect(self._opened)
        self.grid.customContextMenuRequested.connect(self._open_grid_menu)
        self.attention.view.customContextMenuRequested.connect(self._open_attention_menu)

    def _connect_panes(self) -> None:
        self.grid.body_spec_changed.connect(self.grid_spec_changed)
        self.attention.view.body_spec_changed.connect(self.attention_spec_changed)
        self.grid.pointer_held.connect(self.grid_held)
        self.attention.view.pointer_held.connect(self.attention_held)

    def _bind_keys(self) -> None:
        for key, slot in (
            ("/", self._go_to_search),
            ("Ctrl+F", self._go_to_search),
            ("H", self.toolbar.toggle_heat_maps),
            ("M", self._missed),
        ):
            QShortcut(QKeySequence(key), self).activated.connect(slot)

    def _missed(self) -> None:
        if self._selected:
            self.missed_requested.emit(self._selected)

    # Values in.

    def set_models(self, grid: QAbstractItemModel, attention: QAbstractItemModel) -> None:
        """Show these models; both should be `TileRows`. To be called once."""
        for view, model in ((self.grid, grid), (self.attention.view, attention)):
            view.setModel(model)
            for signal in (model.rowsInserted, model.rowsRemoved, model.modelReset):
                signal.connect(self._rows_changed)
        self.grid.selectionModel().selectionChanged.connect(self._picked)
        self.attention.view.selectionModel().selectionChanged.connect(self._picked)
        self._rows_changed()

    def set_classifications(self, classifications: Mapping[str, Classification]) -> None:
        """How classes look."""
        self.grid.set_classifications(classifications)
        self.attention.view.set_classifications(classifications)

    def set_detail(self, widget: QWidget) -> None:
        """Put the detail pane into its place."""
        self._splitter.replaceWidget(2, widget)
        self._detail.deleteLater()
        self._detail = widget
        self._splitter.setCollapsible(2, True)
        self._splitter.setSizes(_SIZES)

    def set_empty(self, widget: QWidget) -> None:
        """Show `widget` while there are no plots at all, in place of a plain note."""
        self._pages.removeWidget(self._empty)
        self._empty.deleteLater()
        self._empty = widget
        self._pages.addWidget(widget)
        self._turn_page()

    def show_state(self, state: LiveState) -> None:
        """Show the grid, or why there is none."""
        self._state = state
        self._turn_page()

    def show_counts(self, counts: TileCounts) -> None:
        """Numbers on the chips."""
        self.toolbar.show_counts(counts)

    def show_attention_count(self, count: int) -> None:
        """How many plots need attention."""
        self.attention.show_count(count)

    def say_attention(self, title: str, text: str, symbol: Symbol | None) -> None:
        """What an empty attention pane says."""
        self.attention.say(title, text, symbol)

    def set_hidden(self, hidden: frozenset[str]) -> None:
        """Which plots are hidden, for the menu of a tile."""
        self._menu.set_hidden(hidden)

    def select(self, plot_type: str) -> None:
        """Make a plot the current one in both panes and bring it into sight; no signal."""
        self._mark(plot_type, scroll=True)

    @property
    def selected(self) -> str:
        """The plot looked at, "" where there is none; it may be filtered out of sight."""
        return self._selected

    def sizes(self) -> list[int]:
        """Widths of attention pane, grid and detail pane."""
        return self._splitter.sizes()

    def set_sizes(self, sizes: Sequence[int]) -> None:
        """Restore widths that `sizes` told; before the window is shown, when it is."""
        if len(sizes) == self._splitter.count():
            self._sizes = list(sizes)
            self._splitter.setSizes(self._sizes)

    @override
    def showEvent(self, event: QShowEvent) -> None:
        """Only now the screen has its width, of which the panes get their shares."""
        super().showEvent(event)
        if self._sizes:
            self._splitter.setSizes(self._sizes)
            self._sizes = []

    def zoom(self) -> int:
        """The zoom step of the grid."""
        return self.grid.zoom

    def set_zoom(self, step: int) -> None:
        """Restore the zoom step of the grid."""
        self.grid.set_zoom(step)

    def show_heat_maps(self, on: bool) -> None:
        """Whether heat maps are on for all tiles."""
        self.toolbar.show_heat_maps(on)

    def show_grouping(self, grouping: Grouping) -> None:
        """How the grid is grouped."""
        self.toolbar.show_grouping(grouping)

    def ask_save_path(self, suggested: str) -> None:
        """Ask where to save; `suggested` is a file name. The answer comes with `save_path_chosen`."""
        dialog = QFileDialog(self, "Save image", suggested)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.save_path_chosen)
        dialog.rejected.connect(self._save_given_up)
        dialog.open()

    def _save_given_up(self) -> None:
        self.save_path_chosen.emit("")

    # What a person does.

    def _show_all(self) -> None:
        self.toolbar.search.clear()
        self.toolbar.show_chip(TileFilter.ALL)
        self.chip_chosen.emit(TileFilter.ALL)

    def _go_to_search(self) -> None:
        self.toolbar.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.toolbar.search.selectAll()

    def _picked(self, selected: QItemSelection, _deselected: QItemSelection) -> None:
        indexes = selected.indexes()
        if self._selecting or not indexes:
            return
        name = str(indexes[0].data())
        self._mark(name, scroll=True)
        self.tile_selected.emit(name)

    def _opened(self, index: Index) -> None:
        self.tile_opened.emit(str(index.data()))

    def _open_grid_menu(self, at: QPoint) -> None:
        self._open_menu(self.grid, at)

    def _open_attention_menu(self, at: QPoint) -> None:
        self._open_menu(self.attention.view, at)

    def _open_menu(self, view: TileGridView, at: QPoint) -> None:
        index = view.indexAt(at)
        if index.isValid():
            self._menu.open_for(str(index.data()), view.viewport().mapToGlobal(at))

    # Upkeep.

    def _mark(self, plot_type: str, *, scroll: bool) -> None:
        self._selected = plot_type
        self._selecting = True
        for view in (self.grid, self.attention.view):
            _make_current(view, plot_type, scroll=scroll)
        self._selecting = False

    def _rows_changed(self) -> None:
        if self._selected:
            self._mark(self._selected, scroll=False)
        self.attention.show_tiles(self._count(self.attention.view) > 0)
        self._turn_page()

    @staticmethod
    def _count(view: TileGridView) -> int:
        model = view.model()
        return model.rowCount() if model is not None else 0

    def _turn_page(self) -> None:
        if self._state is LiveState.READY:
            page: QWidget = self.grid if self._count(self.grid) else self._no_match
        else:
            page = self._loading if self._state is LiveState.LOADING else self._empty
        self._pages.setCurrentWidget(page)


def _nothing_yet() -> Note:
    note = Note()
    note.say("No plots yet", "As soon as plots arrive in the watched folder they appear here.")
    return note


def _make_current(view: TileGridView, plot_type: str, *, scroll: bool) -> None:
    model = view.model()
    index = model.index_of(plot_type) if isinstance(model, TileRows) else QModelIndex()
    if index == view.currentIndex():
        return
    view.setAutoScroll(scroll)
    view.setCurrentIndex(index)
    view.setAutoScroll(True)
    if not index.isValid():
        view.clearSelection()
