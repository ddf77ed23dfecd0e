"""Taking plots along: which ones, into which file; bringing the labels of a bundle home; opening one."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QProgressBar, QWidget

from backend.domain.classifications import Symbol
from backend.domain.label_bundles import SUFFIX, BundleRequest
from backend.domain.labelling import LabelScope, PlotOrder
from ui.labelling.choosers import Chooser
from ui.labelling.side_pane import RunsField
from ui.labelling.values import Choice
from ui.labelling.wording import ORDERS, SCOPES
from ui.team.leader_page import MARGINS, heading
from ui.theme.tokens import BODY, GRID
from ui.widgets.buttons import Button
from ui.widgets.frames import Rule, column, row
from ui.widgets.symbol_words import SymbolWords
from ui.widgets.tone import Tone
from ui.widgets.words import Words
from ui.wording import number

_FILTER = f"Label bundles (*{SUFFIX})"
_LIMITS, _ALL = (200, 1000, 5000, 10_000), "All that match"


class BundlesPage(QWidget):
    """Says what is wanted; shows how far it is and what came of it."""

    make_requested = Signal(Path, object, str)
    """The file, a `BundleRequest` without runs, and the runs as a person wrote them."""
    cancel_requested = Signal()
    apply_requested = Signal(Path)
    open_requested = Signal(Path)

    def __init__(self) -> None:
        super().__init__()
        self._dialog: QFileDialog | None = None
        self._plot_types: tuple[str, ...] = ()
        self.of, self.which, self.order = Chooser("Of which plot type"), Chooser("Which plots"), Chooser("Order")
        self.runs, self.limit = RunsField(), Chooser("Most plots of each plot type")
        self.make = Button("Take along …", kind="primary", tip="Choose a file and put the plots into it")
        self.bar, self.cancel = QProgressBar(), Button("Cancel", kind="quiet", tip="Stop; nothing is left of it")
        self.result, self.more = SymbolWords(BODY), Words(tone=Tone.MUTED, wrap=True)
        self.apply = Button("Bring labels home …", tip="Choose a label bundle that comes back")
        self.open = Button("Open a label bundle …", tip="Label in it, in a window of its own")
        self._offer()
        self._lay_out()
        self._connect()
        self.show_idle()

    def _offer(self) -> None:
        self.which.offer([Choice(scope, words) for scope, words in SCOPES.items()])
        self.which.show_value(LabelScope.UNLABELLED)
        self.order.offer([Choice(order, words) for order, words in ORDERS.items()])
        self.order.show_value(PlotOrder.UNCERTAIN)
        self.limit.offer([*(Choice(most, f"{number(most)} of each type at most") for most in _LIMITS), Choice(0, _ALL)])
        self.limit.show_value(_LIMITS[1])

    def _lay_out(self) -> None:
        self.bar.setAccessibleName("Progress")
        self.bar.setTextVisible(False)
        whole = column(
            Words(_EXPLANATION, tone=Tone.MUTED, wrap=True),
            heading("Take along"), self.of, self.which, self.order, self.runs, self.limit,
            spacing=GRID, margins=MARGINS,
        )  # fmt: skip
        whole.addLayout(row(self.make, 1))
        whole.addLayout(row(self.bar, self.cancel))
        whole.addWidget(self.result)
        whole.addWidget(self.more)
        whole.addSpacing(GRID)
        whole.addWidget(Rule())
        whole.addWidget(heading("Back again"))
        whole.addWidget(Words(_HOME, tone=Tone.MUTED, wrap=True))
        whole.addLayout(row(self.apply, self.open, 1))
        whole.addStretch(1)
        self.setLayout(whole)

    def _connect(self) -> None:
        self.make.clicked.connect(self._ask_where)
        self.cancel.clicked.connect(self.cancel_requested)
        self.apply.clicked.connect(self._ask_which)
        self.open.clicked.connect(self._ask_open)

    def offer_plot_types(self, plot_type: str, every: tuple[str, ...]) -> None:
        """What can be taken along: the plot type that is open, or all there are."""
        self._plot_types = every
        one = [Choice(plot_type, plot_type)] if plot_type else []
        self.of.offer([*one, Choice("", f"All {number(len(every))} plot types")])
        if self.of.value is None:
            self.of.show_value(plot_type)

    def request(self) -> BundleRequest:
        """What is chosen now."""
        name, scope, order, most = self.of.value, self.which.value, self.order.value, self.limit.value
        names = (str(name),) if name else self._plot_types
        return BundleRequest(
            names,
            scope if isinstance(scope, LabelScope) else LabelScope.UNLABELLED,
            order if isinstance(order, PlotOrder) else PlotOrder.NEWEST,
            limit=most if isinstance(most, int) else 0,
        )

    # What goes on.

    def show_idle(self) -> None:
        """Nothing goes on."""
        self._busy(busy=False)

    def show_progress(self, done: int, of: int) -> None:
        """So much is done; `of` 0 where that is not known yet."""
        self._busy(busy=True)
        self.bar.setMaximum(of)
        self.bar.setValue(done)
        self.result.say(None, f"{number(done)} of {number(of)}" if of else "Beginning …", Tone.MUTED)
        self.result.show()

    def _busy(self, *, busy: bool) -> None:
        for widget in (self.bar, self.cancel):
            widget.setVisible(busy)
        for widget in (self.make, self.apply):
            widget.setEnabled(not busy)
        if busy:
            self.more.hide()
        elif not self.more.text():
            self.result.hide()

    def show_result(self, title: str, text: str, *, well: bool) -> None:
        """What came of it."""
        self._busy(busy=False)
        symbol, tone = (Symbol.CHECK, Tone.NORMAL) if well else (Symbol.DIAMOND, Tone.WARNING)
        self.result.say(symbol, title, tone)
        self.more.say(text)
        self.result.show()
        self.more.setVisible(bool(text))

    # Files.

    def _ask_where(self) -> None:
        names = self.request().plot_types
        self._ask("Take plots along", names[0] if len(names) == 1 else "labels", self._make_at)

    def _ask_which(self) -> None:
        self._ask("Bring labels home", "", self._apply_from)

    def _ask_open(self) -> None:
        self._ask("Open a label bundle", "", self._open_at)

    def _ask(self, title: str, name: str, then: object) -> None:
        dialog = QFileDialog(self, title)
        dialog.setNameFilter(_FILTER)
        dialog.setDefaultSuffix(SUFFIX.lstrip("."))
        saves = bool(name)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave if saves else QFileDialog.AcceptMode.AcceptOpen)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile if saves else QFileDialog.FileMode.ExistingFile)
        if saves:
            dialog.selectFile(f"{name}{SUFFIX}")
        dialog.fileSelected.connect(then)
        dialog.open()
        self._dialog = dialog

    def _make_at(self, path: str) -> None:
        file = Path(path if path.endswith(SUFFIX) else f"{path}{SUFFIX}")
        self.make_requested.emit(file, self.request(), self.runs.text().strip())

    def _apply_from(self, path: str) -> None:
        self.apply_requested.emit(Path(path))

    def _open_at(self, path: str) -> None:
        self.open_requested.emit(Path(path))


_EXPLANATION = (
    "Puts plots, what the model guesses, the classes and the labels there are into one file. Carry it to any machine "
    "with this program and label there without a network."
)
_HOME = "The labels come into this database once, however often you do this. Nobody’s label is covered."
