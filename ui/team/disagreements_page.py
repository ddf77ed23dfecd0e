"""Disagreements: both labels side by side, who said what and when, and three ways to settle it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QFont, QImage
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QWidget

from backend.domain.classifications import Classification, Symbol
from backend.domain.disagreements import Disagreement, Said
from ui.alerts.picture import AlertPicture
from ui.team.leader_page import MARGINS
from ui.theme.tokens import GRID, HEADING
from ui.widgets.buttons import Button
from ui.widgets.frames import Card, column, row
from ui.widgets.notes import Note
from ui.widgets.symbol_words import SymbolWords
from ui.widgets.tone import Tone
from ui.widgets.words import Words, caption
from ui.wording import class_title, clock

DISAGREEMENT_ROLE = Qt.ItemDataRole.UserRole + 1
"""The `Disagreement` of a row."""

NOBODY = "no label"
_LINE = 4 * GRID
_LINES = 7
_COLUMN, _PICTURE = 15 * GRID, 40 * GRID


class SideCard(Card):
    """What one of the two says."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self.label = SymbolWords(HEADING, QFont.Weight.DemiBold)
        self.by = Words(tone=Tone.MUTED, wrap=True)
        self.take = Button(f"Take {title[-1]}", tip="Settle the disagreement with this label")
        margins = (2 * GRID, GRID, 2 * GRID, GRID)
        self.setLayout(column(caption(title), self.label, self.by, 1, self.take, spacing=GRID // 2, margins=margins))

    def show_said(self, said: Said, known: Classification | None, more: str) -> None:
        """Show a label, who gave it and when."""
        words = label_words(said.label)
        self.label.say(known.symbol if known else None, words, Tone.TEXT, hue=known.colour if known else "")
        comment = f"\n“{said.comment}”" if said.comment else ""
        self.by.say(f"{said.who}, {clock(said.at)}\n{more}{comment}")
        self.take.explain(f"Settle it with {words}, which {said.who} said")


class DisagreementsPage(QWidget):
    """A list over a model of the caller's, and the one that is chosen in full."""

    chosen = Signal(object)
    """`Disagreement`: its picture is wanted."""
    settled = Signal(object, str)
    """`Disagreement` and the class it is settled with, "" for no label."""
    retry_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.table, self.note = _table(), Note("Try again")
        self.picture = AlertPicture(30 * GRID)
        self.picture.setFixedHeight(_PICTURE)
        self.counts, self.late = SideCard("Counts now: A"), SideCard("Said late: B")
        self.other = Button("Something else …", tip="Settle it with another label")
        self.refusal = Words(tone=Tone.MUTED, wrap=True)
        self.refusal.hide()
        self._menu = QMenu(self.other)
        self._current: Disagreement | None = None
        self._classes: dict[str, Classification] = {}
        self._may = True
        self._lay_out()
        self.counts.take.clicked.connect(self._take_a)
        self.late.take.clicked.connect(self._take_b)
        self.other.clicked.connect(self._open_menu)
        self.note.button.clicked.connect(self.retry_requested)
        self._menu.triggered.connect(lambda action: self._settle(str(action.data())))

    def _lay_out(self) -> None:
        self._detail = QWidget()
        sides = row(self.counts, self.late, spacing=GRID)
        detail = column(self.picture, spacing=GRID)
        detail.addLayout(sides)
        detail.addLayout(row(self.other, 1))
        detail.addWidget(self.refusal)
        self._detail.setLayout(detail)
        explanation = Words(_EXPLANATION, tone=Tone.MUTED, wrap=True)
        self.setLayout(column(explanation, self.table, self._detail, self.note, 1, spacing=GRID, margins=MARGINS))

    def set_model(self, model: QAbstractItemModel) -> None:
        """List the rows of `model`; to be called once."""
        self.table.setModel(model)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        for place in (1, 2):
            header.setSectionResizeMode(place, QHeaderView.ResizeMode.Fixed)
            self.table.setColumnWidth(place, _COLUMN)
        self.table.selectionModel().currentRowChanged.connect(self._choose)
        model.modelReset.connect(self._listed)
        self._listed()

    def show_classes(self, classes: Sequence[Classification]) -> None:
        """What a plot can be labelled with."""
        self._classes = {known.name: known for known in classes}
        self._menu.clear()
        for known in classes:
            self._menu.addAction(class_title(known.name)).setData(known.name)
        self._menu.addSeparator()
        self._menu.addAction("No label").setData("")

    def show_refusal(self, reason: str) -> None:
        """Why this person may not settle; "" where they may."""
        self._may = not reason
        self.refusal.say(reason)
        self.refusal.setVisible(bool(reason))
        for button in (self.counts.take, self.late.take, self.other):
            button.setEnabled(self._may)

    def say(self, title: str, text: str = "", symbol: Symbol | None = None, tone: Tone = Tone.MUTED) -> None:
        """Show a note in place of the list."""
        self.note.say(title, text, symbol, tone)
        self.note.button.setVisible(tone is Tone.WARNING)
        self._show(listed=False)

    def _show(self, *, listed: bool) -> None:
        self.table.setVisible(listed)
        self._detail.setVisible(listed)
        self.note.setVisible(not listed)

    def _listed(self) -> None:
        rows = self.table.model().rowCount()
        self.table.setFixedHeight(_LINE * (1 + min(rows, _LINES)) + 2)
        self._show(listed=rows > 0)
        if rows:
            self.table.selectRow(0)
        else:
            self._current = None
            self.say("Everybody agrees", "Two labels for one plot, given without knowing of each other, appear here.")

    def _choose(self, current: QModelIndex, _previous: QModelIndex) -> None:
        found = current.data(DISAGREEMENT_ROLE) if current.isValid() else None
        if not isinstance(found, Disagreement):
            return
        self._current = found
        dispute = found.dispute
        self.counts.show_said(dispute.counts, self._classes.get(dispute.counts.label or ""), "It stays until settled.")
        brought = f"Brought {clock(dispute.since)}."
        self.late.show_said(dispute.late, self._classes.get(dispute.late.label or ""), brought)
        self.picture.show_words(place_words(found), "Reading the image …")
        self.chosen.emit(found)

    def show_picture(self, disagreement: Disagreement, image: QImage | None, words: str = "") -> None:
        """The image of the one that is chosen, or words where there is none."""
        if self._current is None or disagreement.dispute.key != self._current.dispute.key:
            return
        if image is None:
            self.picture.show_words(place_words(disagreement), words)
        else:
            self.picture.show_image(place_words(disagreement), image)

    def _take_a(self) -> None:
        if self._current is not None:
            self._settle(self._current.dispute.counts.label or "")

    def _take_b(self) -> None:
        if self._current is not None:
            self._settle(self._current.dispute.late.label or "")

    def _open_menu(self) -> None:
        self._menu.popup(self.other.mapToGlobal(self.other.rect().bottomLeft()))

    def _settle(self, label: str) -> None:
        if self._current is not None and self._may:
            self.settled.emit(self._current, label)


_EXPLANATION = (
    "Two people labelled a plot differently, and the later one could not know of the other. The first label counts "
    "until somebody settles it; both stay in the plot’s history."
)


def label_words(label: str | None) -> str:
    """A label, or that there is none."""
    return class_title(label) if label else NOBODY


def place_words(disagreement: Disagreement, *, short: bool = False) -> str:
    """``CDC_occupancy · run 121266 · chunk 3``; short ``CDC_occupancy 121266.3``."""
    identity = disagreement.plot.identity
    if short:
        return f"{identity.plot_type} {identity.run}" + ("" if identity.chunk is None else f".{identity.chunk}")
    chunk = "" if identity.chunk is None else f" · chunk {identity.chunk}"
    return f"{identity.plot_type} · run {identity.run}{chunk}"


def _table() -> QTableView:
    table = QTableView()
    table.setAccessibleName("Disagreements")
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setWordWrap(False)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(_LINE)
    table.horizontalHeader().setFixedHeight(_LINE)
    table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    table.horizontalHeader().setHighlightSections(False)
    return table
