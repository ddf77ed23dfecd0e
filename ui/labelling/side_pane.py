"""The side pane: what to label next, with what, how far the work is, and what waits to be saved."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QPalette
from PySide6.QtWidgets import QFrame, QLineEdit, QProgressBar, QScrollArea, QVBoxLayout, QWidget
from typing_extensions import override

from backend.domain.classifications import Symbol
from backend.domain.labelling import LabelScope, PlotOrder
from ui.labelling.choosers import Chooser
from ui.labelling.palette import PaletteView
from ui.labelling.values import Choice, Narrowing, Progress, Waiting, Which
from ui.labelling.wording import ORDERS, SCOPES, progress_words
from ui.team.values import TEAM_TIPS, TeamPage
from ui.theme.fonts import semibold
from ui.theme.tokens import BODY, GRID, SMALL
from ui.widgets.buttons import Button
from ui.widgets.frames import Pane, column, row
from ui.widgets.symbol_words import SymbolWords
from ui.widgets.tone import Tone
from ui.widgets.words import Words, caption
from ui.wording import number

WIDTH = 38 * GRID


class RunsField(QLineEdit):
    """Numbers and ranges of runs; Enter or leaving it tells, Escape empties it."""

    entered = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._told = ""
        self.setPlaceholderText("All runs, or such as 121200-121266")
        self.setAccessibleName("Runs: numbers and ranges")
        self.setToolTip("Only plots of these runs: numbers and ranges, such as 121200-121266,121300")
        self.editingFinished.connect(self._tell)

    def _tell(self) -> None:
        if self.text() != self._told:
            self._told = self.text()
            self.entered.emit(self._told)

    @override
    def event(self, event: QEvent) -> bool:
        """Escape is the field's own, not the screen's."""
        override = event.type() is QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            self._tell()
        else:
            super().keyPressEvent(event)


class WaitingCard(QWidget):
    """Labels that could not be saved yet: why, and what can be done. Hidden where nothing waits."""

    retry_requested = Signal()
    discard_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._title = SymbolWords(BODY, QFont.Weight.DemiBold)
        self._reason = Words(tone=Tone.MUTED, wrap=True)
        self._retry = Button("Try now", tip="Try to save them now")
        self._discard = Button("Discard …", kind="quiet", tip="Give these labels up")
        self._sure = Button("Really discard", tip="Give these labels up for good")
        self._sure.hide()
        layout = column(self._title, self._reason, spacing=GRID // 2)
        layout.addLayout(row(self._retry, self._discard, self._sure, 1, spacing=GRID // 2))
        self.setLayout(layout)
        self._retry.clicked.connect(self.retry_requested)
        self._discard.clicked.connect(self._ask)
        self._sure.clicked.connect(self._discard_all)
        self.hide()

    def show_waiting(self, waiting: Waiting) -> None:
        """Show what waits, or nothing."""
        self.setVisible(waiting.labels > 0)
        words = f"{number(waiting.labels)} label{'s' * (waiting.labels != 1)} not saved yet"
        self._title.say(Symbol.DIAMOND, words, Tone.WARNING)
        self._reason.say(f"{waiting.reason} They are kept, also when the program ends, and tried again by themselves.")
        if not waiting.labels:
            self._ask(asks=False)

    def _ask(self, _checked: bool = False, *, asks: bool = True) -> None:
        self._discard.setVisible(not asks)
        self._sure.setVisible(asks)

    def _discard_all(self) -> None:
        self._ask(asks=False)
        self.discard_requested.emit()


class SidePane(Pane):
    """Says what was chosen, shows what it is given."""

    plot_type_chosen = Signal(str)
    narrowed = Signal(object)
    """`Narrowing`."""
    team_chosen = Signal(object)
    """`TeamPage`."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(WIDTH)
        self.plot_types = Chooser("Plot type")
        self.orders, self.which = Chooser("Show next: in which order"), Chooser("Show next: which plots")
        self.labellers, self.runs = Chooser("Labelled by"), RunsField()
        self.agreement = Words(tone=Tone.MUTED, wrap=True)
        self.kept = Words(tone=Tone.MUTED, wrap=True)
        self.collecting = Button("Which images are kept …", kind="quiet", tip="The random sample, and why images stay")
        self.sentence = Words(tone=Tone.MUTED, wrap=True)
        self.palette_view = PaletteView()
        self.refusal = Words(wrap=True)
        self.refusal.hide()
        self.bar = QProgressBar()
        self.progress, self.leader = Words(tone=Tone.MUTED, wrap=True), Words(tone=Tone.MUTED, wrap=True)
        self.undo = Button("Undo", tip="Take the last labels back", key="")
        self.redo = Button("Redo", tip="Put back what was undone", key="")
        self.waiting = WaitingCard()
        self.together = {page: Button(page.value, tip=TEAM_TIPS[page]) for page in TeamPage}
        self.orders.offer([Choice(order, words) for order, words in ORDERS.items()])
        self.orders.show_value(PlotOrder.NEWEST)
        self.which.offer([Choice(Which(scope), words) for scope, words in SCOPES.items()])
        self.which.show_value(Which(LabelScope.UNLABELLED))
        self.labellers.offer([Choice("", "By anybody")])
        self.labellers.show_value("")
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Share of plots with a label")
        inside = Pane()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        for widget in (
            _heading("Plot type"), self.plot_types,
            _heading("Show next"), self.orders, self.which, self.labellers, self.runs, self.sentence,
            _heading("Label with"), self.refusal, self.palette_view,
            _heading("Progress"), self.bar, self.progress,
        ):  # fmt: skip
            layout.addWidget(widget)
        layout.addWidget(self.waiting)
        layout.addLayout(row(self.undo, self.redo, 1))
        layout.addWidget(_heading("Labels by"))
        layout.addWidget(self.leader)
        for button in self.together.values():
            layout.addLayout(row(button, 1))
        for widget in (_heading("Agreement"), self.agreement, _heading("Images kept"), self.kept):
            layout.addWidget(widget)
        layout.addLayout(row(self.collecting, 1))
        layout.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setBackgroundRole(QPalette.ColorRole.Base)
        self.setLayout(column(scroll, spacing=0))

    def _connect(self) -> None:
        self.plot_types.chosen.connect(self._choose_plot_type)
        for chooser in (self.orders, self.which, self.labellers):
            chooser.chosen.connect(self._narrow)
        self.runs.entered.connect(self._narrow)
        for page, button in self.together.items():
            button.setObjectName(page)
            button.clicked.connect(self._choose_team)

    def _choose_team(self) -> None:
        self.team_chosen.emit(TeamPage(self.sender().objectName()))

    def offer_team(self, page: TeamPage, words: str, *, offered: bool = True) -> None:
        """Name the button of a page of the drawer, or hide it where there is none."""
        self.together[page].say(words)
        self.together[page].setVisible(offered)

    def _choose_plot_type(self, name: object) -> None:
        self.plot_type_chosen.emit(str(name))

    def _narrow(self, _value: object) -> None:
        self.narrowed.emit(self.narrowing())

    def narrowing(self) -> Narrowing:
        """What is chosen now."""
        order, which, labeller = self.orders.value, self.which.value, self.labellers.value
        plain = Narrowing()
        return Narrowing(
            order if isinstance(order, PlotOrder) else plain.order,
            which if isinstance(which, Which) else plain.which,
            labeller if isinstance(labeller, str) else "",
            self.runs.text().strip(),
        )

    def show_narrowing(self, narrowing: Narrowing) -> None:
        """Mark what is in force."""
        self.orders.show_value(narrowing.order)
        self.which.show_value(narrowing.which)
        self.labellers.show_value(narrowing.labeller)

    def offer_orders(self, more: Sequence[Choice] = ()) -> None:
        """The usual orders, and those that somebody has made just now."""
        self.orders.offer([*(Choice(order, words) for order, words in ORDERS.items()), *more])

    def show_refusal(self, reason: str) -> None:
        """Show why this person may not label, in place of the palette; "" lets them."""
        self.refusal.say(reason)
        self.refusal.setVisible(bool(reason))
        self.palette_view.setVisible(not reason)

    def show_progress(self, progress: Progress) -> None:
        """Show how far the work is."""
        self.bar.setMaximum(max(1, progress.plots))
        self.bar.setValue(progress.labelled)
        share = f"{number(progress.labelled)} of {number(progress.plots)} plots have a label."
        self.bar.setToolTip(share)
        self.progress.say(f"{share}\n{progress_words(progress)}")

    def show_people(self, people: Sequence[tuple[str, int]], who: str) -> None:
        """Show who gave how many of the labels that count, most first."""
        said = [f"{'you' if name == who else name} {number(count)}" for name, count in people[:4]]
        place = next((n for n, (name, _) in enumerate(people, 1) if name == who), 0)
        if place > 4:
            said.append(f"you {number(people[place - 1][1])} (place {place} of {len(people)})")
        self.leader.say(" · ".join(said) if said else "Nobody has labelled this plot type yet.")

    def show_steps(self, undo: int, redo: int) -> None:
        """How many steps can be undone and redone."""
        self.undo.setEnabled(undo > 0)
        self.redo.setEnabled(redo > 0)
        self.undo.setToolTip(f"Take the last labels back: {undo} steps  (Ctrl+Z)")
        self.redo.setToolTip(f"Put back what was undone: {redo} steps  (Ctrl+Shift+Z)")


def _heading(text: str) -> Words:
    words = caption(text)
    words.setFont(semibold(SMALL))
    words.setContentsMargins(0, GRID // 2, 0, 0)
    return words
