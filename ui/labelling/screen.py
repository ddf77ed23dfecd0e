"""The Labelling screen: side pane, toolbar, grid or single plot, and what stands there instead.

Passive: it shows what it is given and says in signals what a person did. Plots are named by their row throughout.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QAbstractItemModel, Qt, Signal
from PySide6.QtGui import QImage, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from backend.domain.classifications import Classification, Symbol
from ui.labelling.class_key import ClassKey
from ui.labelling.explore_desk import ExploreDesk
from ui.labelling.grid import LabelGrid
from ui.labelling.previews import PreviewKeeper
from ui.labelling.side_pane import SidePane
from ui.labelling.single import SingleView
from ui.labelling.toolbar import LabelToolbar
from ui.labelling.values import ERASER, Choice, LabelTile, Narrowing, Page, Progress, Swatch, Waiting
from ui.team.bundle_bar import BundleBar
from ui.team.drawer import TeamDrawer
from ui.theme.tokens import GRID, SMALL
from ui.widgets.frames import Rule
from ui.widgets.notes import Note
from ui.widgets.tone import Tone
from ui.widgets.words import ElidedWords

_HINT = (
    "Click paints · drag brushes · Shift+click paints the range · Ctrl+click selects · keys label what is ringed · "
    "Space shows large"
)
_SINGLE_HINT = "A key labels and goes on · arrows move without a label · Ctrl+M comments · Esc goes back to the grid"


class LabellingScreen(QWidget):
    """See the module."""

    opened = Signal()
    """The screen came into sight."""
    plot_type_chosen = Signal(str)
    narrowed = Signal(object)
    brush_chosen = Signal(str)
    """A row of the palette was clicked."""
    class_keyed = Signal(str)
    """The key of a class was pressed; `ERASER` for the eraser's."""
    stroke_moved = Signal(object)
    stroke_ended = Signal()
    range_painted = Signal(int, int)
    confirm_requested = Signal()
    """The model's guess is right for what is ringed, or for the plot shown."""
    undo_requested = Signal()
    redo_requested = Signal()
    retry_requested = Signal()
    discard_requested = Signal()
    refresh_requested = Signal()
    blind_toggled = Signal(bool)
    single_toggled = Signal(bool)
    row_opened = Signal(int)
    moved = Signal(int)
    commented = Signal(str)
    preview_wanted = Signal(int)
    """A row to be shown large beside the pointer; -1 for none."""
    grid_spec_changed = Signal(object)
    single_spec_changed = Signal(object)
    preview_spec_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.side, self.toolbar = SidePane(), LabelToolbar()
        self.grid, self.single = LabelGrid(), SingleView()
        self.team, self.bundle_bar = TeamDrawer(), BundleBar()
        self.grid.setAccessibleName("Plots to label")
        self.previews = PreviewKeeper(self.grid)
        self.preview = self.previews.preview
        self.row_shown = -1
        self.explore = ExploreDesk(self, self.grid, self.toolbar, self.side, self._target)
        self._note = Note("Try again")
        self._hint = ElidedWords(_HINT, SMALL, tone=Tone.MUTED)
        self._pages = QStackedWidget()
        self._page = Page.LOADING
        self._keys: list[ClassKey] = []
        self._classes: Mapping[str, Classification] = {}
        self._lay_out()
        self._connect()
        self._bind_keys()
        self.show_page(Page.LOADING)

    def _lay_out(self) -> None:
        for page in (self._note, self.grid, self.single, self.explore.map_page):
            self._pages.addWidget(page)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self.bundle_bar)
        right.addWidget(self.toolbar)
        right.addWidget(self.explore.bar)
        right.addWidget(self._pages, 1)
        self._hint.setContentsMargins(2 * GRID, GRID // 2, 2 * GRID, GRID // 2)
        right.addWidget(self._hint)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.side)
        whole.addWidget(Rule(Qt.Orientation.Vertical))
        whole.addLayout(right, 1)
        whole.addWidget(self.team)

    def _connect(self) -> None:
        side, bar, grid = self.side, self.toolbar, self.grid
        side.plot_type_chosen.connect(self.plot_type_chosen)
        side.narrowed.connect(self.narrowed)
        side.palette_view.brush_chosen.connect(self.brush_chosen)
        side.team_chosen.connect(self.team.toggle)
        side.undo.clicked.connect(self.undo_requested)
        side.redo.clicked.connect(self.redo_requested)
        side.waiting.retry_requested.connect(self.retry_requested)
        side.waiting.discard_requested.connect(self.discard_requested)
        bar.single_toggled.connect(self.single_toggled)
        bar.blind_toggled.connect(self.blind_toggled)
        bar.hover_toggled.connect(self._set_hover)
        bar.select_requested.connect(self._select_visible)
        bar.confirm_requested.connect(self.confirm_requested)
        bar.refresh_requested.connect(self.refresh_requested)
        bar.zoom_requested.connect(self._zoom)
        self.explore.menu.opened.connect(self.row_opened)
        grid.stroke_moved.connect(self.stroke_moved)
        grid.stroke_ended.connect(self.stroke_ended)
        grid.range_painted.connect(self.range_painted)
        grid.opened.connect(self.row_opened)
        self.previews.wanted.connect(self.preview_wanted)
        grid.preview_toggled.connect(self._toggle_preview)
        grid.body_spec_changed.connect(self.grid_spec_changed)
        self.single.moved.connect(self.moved)
        self.single.commented.connect(self.commented)
        self.single.image.spec_changed.connect(self.single_spec_changed)
        self.preview.spec_changed.connect(self.preview_spec_changed)
        self._note.button.clicked.connect(self.refresh_requested)

    def _bind_keys(self) -> None:
        commands: dict[str, Callable[[], None]] = {
            "Ctrl+Z": self.undo_requested.emit,
            "Ctrl+Shift+Z": self.redo_requested.emit,
            "Ctrl+Y": self.redo_requested.emit,
            "Ctrl+A": self._select_visible,
            "Ctrl+G": self.toolbar.blind.click,
            "Ctrl+P": self.toolbar.hover.click,
            "Ctrl+Return": self.confirm_requested.emit,
            "Ctrl+Enter": self.confirm_requested.emit,
            "Ctrl+M": self._to_comment,
            "F5": self.refresh_requested.emit,
            "Esc": self._escape,
        }
        for key, command in commands.items():
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(command)
        for key in ("Backspace", "Delete"):
            ClassKey(key, ERASER, self).pressed.connect(self.class_keyed)

    # Values in.

    def set_model(self, model: QAbstractItemModel) -> None:
        """Show this model; its rows are plots. To be called once."""
        self.grid.setModel(model)

    def offer_plot_types(self, choices: Sequence[Choice]) -> None:
        """What can be chosen."""
        self.side.plot_types.offer(choices)

    def show_plot_type(self, name: str) -> None:
        """Mark the plot type that is open."""
        self.side.plot_types.show_value(name)

    def offer_orders(self, more: Sequence[Choice]) -> None:
        """Which orders there are beside the usual ones."""
        self.side.offer_orders(more)

    def offer_narrowing(self, which: Sequence[Choice], labellers: Sequence[Choice]) -> None:
        """What the plots can be narrowed to."""
        self.side.which.offer(which)
        self.side.labellers.offer(labellers)

    def show_narrowing(self, narrowing: Narrowing) -> None:
        """Mark what is in force."""
        self.side.show_narrowing(narrowing)

    def explain_order(self, sentence: str) -> None:
        """Why the plots come in this order."""
        self.side.sentence.say(sentence)

    def show_palette(
        self, swatches: Sequence[Swatch], others: Sequence[Classification], classes: Mapping[str, Classification]
    ) -> None:
        """Show the brushes with their keys, and how all classes look."""
        self.side.palette_view.show_swatches(swatches, others)
        if classes != self._classes:
            self._classes = dict(classes)
            self.grid.set_classes(classes)
        self._bind_classes({swatch.key: swatch.known.name for swatch in swatches if swatch.key})

    def _bind_classes(self, keys: Mapping[str, str]) -> None:
        if [(key.key().toString(), key.objectName()) for key in self._keys] == [
            (QKeySequence(key).toString(), name) for key, name in keys.items()
        ]:
            return
        for old in self._keys:
            old.setEnabled(False)
            old.deleteLater()
        self._keys = [ClassKey(key, name, self) for key, name in keys.items()]
        for made, name in zip(self._keys, keys.values(), strict=True):
            made.setObjectName(name)
            made.pressed.connect(self.class_keyed)

    def show_brush(self, brush: str | None) -> None:
        """Mark the brush; None where none is chosen."""
        self.side.palette_view.show_brush(brush)

    def show_refusal(self, reason: str) -> None:
        """Why this person may not label; "" where they may."""
        self.side.show_refusal(reason)
        self.grid.set_read_only(bool(reason))
        self.toolbar.confirm.setEnabled(not reason)

    def show_progress(self, progress: Progress) -> None:
        """How far the work is."""
        self.side.show_progress(progress)

    def show_people(self, people: Sequence[tuple[str, int]], who: str) -> None:
        """Who gave how many labels, most first."""
        self.side.show_people(people, who)

    def show_steps(self, undo: int, redo: int) -> None:
        """How many steps can be undone and redone."""
        self.side.show_steps(undo, redo)

    def show_waiting(self, waiting: Waiting) -> None:
        """What could not be saved yet."""
        self.side.waiting.show_waiting(waiting)

    def show_blind(self, *, blind: bool) -> None:
        """Whether the guess is hidden."""
        self.toolbar.show_blind(blind=blind)
        self.grid.set_blind(blind)

    def show_page(self, page: Page, title: str = "", text: str = "") -> None:
        """Show the grid, the single plot, or a note with these words."""
        self._page = page
        pages: dict[Page, QWidget] = {Page.GRID: self.grid, Page.SINGLE: self.single, Page.MAP: self.explore.map_page}
        shown = pages.get(page, self._note)
        if shown is self._note:
            tone = Tone.WARNING if page in (Page.FAILED, Page.AWAY) else Tone.MUTED
            symbol = Symbol.DIAMOND if tone is Tone.WARNING else Symbol.CHECK if page is Page.NOTHING_LEFT else None
            self._note.say(title, text, symbol, tone)
            self._note.button.setVisible(page in (Page.FAILED, Page.AWAY))
        self.previews.close()
        focused = self.window().focusWidget()
        moves_focus = focused is None or self._pages.isAncestorOf(focused)
        self._pages.setCurrentWidget(shown)
        self.toolbar.show_single(single=page is Page.SINGLE, on_map=page is Page.MAP)
        self._hint.setVisible(page in (Page.GRID, Page.SINGLE))
        self._hint.say(_SINGLE_HINT if page is Page.SINGLE else _HINT)
        if moves_focus and shown is not self._note and self.isVisible():
            shown.setFocus()

    @property
    def targets(self) -> tuple[int, ...]:
        """Rows that a key labels in the grid."""
        return self.grid.targets

    def _target(self) -> int:
        """The row that a command is about: shown large, ringed, or under the pointer; -1 for none."""
        if self._page is Page.SINGLE:
            return self.row_shown
        return self.grid.targets[0] if self.grid.targets else self.grid.pointed

    @property
    def first_target(self) -> int:
        """The row to begin with one by one: ringed, under the pointer, or the first in sight."""
        seen = self.grid.visible_rows()
        return self.grid.targets[0] if self.grid.targets else seen[0] if seen else 0

    def go_to(self, row: int) -> None:
        """Put the ring on a row of the grid, and select nothing."""
        self.grid.clear_targets()
        self.grid.go_to(row)

    def clear_targets(self) -> None:
        """Select nothing."""
        self.grid.clear_targets()

    def show_single(
        self,
        tile: LabelTile | None,
        known: Classification | None,
        guess: Symbol | None,
        place: int,
        count: int,
        *,
        blind: bool,
    ) -> None:
        """Show a plot's label in the single view, and its guess unless `blind`; `known` is the class of the label."""
        self.row_shown = place
        self.single.show_tile(tile, known, place, count)
        self.single.show_guess(None if blind else tile, guess)

    def show_single_image(self, plot_id: int, image: QImage | None, words: str = "") -> None:
        """Show its image, or words where there is none."""
        if image is not None:
            self.single.image.show_image(plot_id, image)
        else:
            self.single.image.say(words)

    def show_history(self, words: str) -> None:
        """Who said what of the plot shown."""
        self.single.show_history(words)

    def show_preview(self, row: int, plot_id: int, image: QImage | None, words: str = "") -> None:
        """Show the preview of a row that was wanted."""
        self.previews.show(row, plot_id, image, words)

    # What a person does.

    def _set_hover(self, on: bool) -> None:
        self.previews.set_hover(on=on)
        self.toolbar.show_hover(on=on)

    def _toggle_preview(self) -> None:
        if self._page is Page.GRID:
            self.previews.toggle(self.grid.pointed if self.grid.pointed >= 0 else self.first_target)

    def _select_visible(self) -> None:
        if self._page is Page.GRID:
            self.grid.select_visible()
            self.grid.setFocus()

    def _zoom(self, steps: int) -> None:
        self.grid.set_zoom(self.grid.zoom + steps)

    def _to_comment(self) -> None:
        if self._page is Page.SINGLE:
            self.single.comment.setFocus()

    def _escape(self) -> None:
        if self.preview.isVisible():
            self.previews.close()
        elif self._page is Page.SINGLE:
            self.single_toggled.emit(False)
        elif self._page is Page.MAP:
            self.explore.map_requested.emit()
        elif self.explore.leads_back and not self.grid.selectedIndexes():
            self.explore.left.emit()
        else:
            self.grid.clear_targets()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        (self.single if self._page is Page.SINGLE else self.grid).setFocus()
        self.opened.emit()
