"""What the screen offers beside painting labels, in one place: strip, menu, map, dialogs, and the keys for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage, QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QWidget

from backend.domain.collecting import Collected
from backend.domain.insight import Agreement
from ui.labelling.class_dialog import ClassDialog
from ui.labelling.collecting import CollectingDialog, kept_sentence
from ui.labelling.explore_bar import ExploreBar
from ui.labelling.fault_dialog import FaultDialog
from ui.labelling.grid import LabelGrid
from ui.labelling.label_all import LabelAllDialog, Share
from ui.labelling.map_page import MapPage
from ui.labelling.side_pane import SidePane
from ui.labelling.tile_menu import TileMenu
from ui.labelling.toolbar import LabelToolbar
from ui.labelling.wording import agreement_words


class ExploreDesk(QObject):
    """Passive, as the screen. Rows are told; `targets` gives those that are ringed, or the one shown large."""

    similar_requested = Signal(int)
    map_requested = Signal()
    all_requested = Signal()
    all_confirmed = Signal(str, bool)
    left = Signal()
    keep_requested = Signal(object)
    """tuple of rows."""
    faults_requested = Signal(int)
    recipe_changed = Signal(object)
    class_requested = Signal()
    class_confirmed = Signal(object)
    """`NewClass`."""
    faults_confirmed = Signal(object)
    collecting_requested = Signal()
    percent_chosen = Signal(float)

    def __init__(
        self, screen: QWidget, grid: LabelGrid, toolbar: LabelToolbar, side: SidePane, targets: Callable[[], int]
    ) -> None:
        super().__init__(screen)
        self._screen, self._grid, self._side, self._target = screen, grid, side, targets
        self.bar, self.map_page, self.menu = ExploreBar(), MapPage(), TileMenu(grid)
        self.dialog: QDialog | None = None
        toolbar.similar_requested.connect(self._similar)
        toolbar.map_requested.connect(self.map_requested)
        self.bar.all_requested.connect(self.all_requested)
        self.bar.keep_requested.connect(self._keep)
        self.bar.left.connect(self.left)
        self.menu.similar_requested.connect(self.similar_requested)
        self.menu.keep_requested.connect(self._keep_row)
        self.menu.faults_requested.connect(self.faults_requested)
        side.palette_view.new_requested.connect(self.class_requested)
        side.collecting.clicked.connect(self.collecting_requested)
        commands = {"Ctrl+F": self._similar, "Ctrl+E": self.map_requested.emit, "Ctrl+K": self._keep}
        commands["Ctrl+L"] = self._all
        for key, command in commands.items():
            shortcut = QShortcut(QKeySequence(key), screen)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(command)

    def _similar(self) -> None:
        self.similar_requested.emit(self._target())

    def _all(self) -> None:
        if not self.bar.isHidden() and not self.bar.label_all.isHidden():
            self.all_requested.emit()

    def _keep(self) -> None:
        self.keep_requested.emit(self._grid.targets if self._grid.isVisible() else (self._target(),))

    def _keep_row(self, row: int) -> None:
        self.keep_requested.emit((row,))

    @property
    def leads_back(self) -> bool:
        """Whether what is listed was made of a plot or of the map, and there is a way back."""
        return not self.bar.isHidden() and not self.bar.back.isHidden()

    def show_together(self, words: str, *, together: bool, may_label: bool, keeps: bool) -> None:
        """Say what is listed; see `ExploreBar.say`."""
        self.bar.say(words, together=together, keeps=keeps)
        self.bar.label_all.setVisible(together and may_label)

    def ask_for_all(self, shares: Sequence[Share], classes: Sequence[str], proposed: str) -> None:
        """Ask what all become."""
        dialog = LabelAllDialog(shares, classes, proposed, self._screen)
        dialog.confirmed.connect(self.all_confirmed)
        self._open(dialog)

    def show_agreement(self, agreement: Agreement) -> None:
        """How far people agree."""
        self._side.agreement.say(agreement_words(agreement))

    def show_collected(self, collected: Collected) -> None:
        """How many images are kept."""
        self._side.kept.say(kept_sentence(collected))

    def ask_collecting(self, collected: Collected, refusal: str) -> None:
        """Show which images are kept, and ask for another rate."""
        dialog = CollectingDialog(collected, refusal, self._screen)
        dialog.confirmed.connect(self.percent_chosen)
        self._open(dialog)

    def ask_for_faults(self, title: str, classes: Sequence[str]) -> None:
        """Have a fault marked on a plot."""
        dialog = FaultDialog(title, classes, self._screen)
        dialog.recipe_changed.connect(self.recipe_changed)
        dialog.confirmed.connect(self.faults_confirmed)
        self._open(dialog)
        self.recipe_changed.emit(dialog.recipe)

    def ask_for_class(self, taken: Sequence[str]) -> None:
        """Have a new class described; the ringed plots may be its example."""
        examples = len(self._grid.targets) if self._grid.isVisible() else 1 if self._target() >= 0 else 0
        dialog = ClassDialog(taken, examples, self._screen)
        dialog.confirmed.connect(self.class_confirmed)
        self._open(dialog)

    def show_fault(self, image: QImage) -> None:
        """The plot with the fault."""
        if isinstance(self.dialog, FaultDialog):
            self.dialog.show_image(image)

    def say_of_faults(self, words: str, *, busy: bool = False) -> None:
        """How far the making is."""
        if isinstance(self.dialog, FaultDialog):
            self.dialog.say(words, busy=busy)

    def _open(self, dialog: QDialog) -> None:
        self.dialog = dialog
        dialog.finished.connect(self._forget)
        dialog.open()

    def _forget(self, _result: int) -> None:
        self.dialog = None
