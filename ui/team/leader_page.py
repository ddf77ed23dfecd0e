"""The page of the leader board: of one plot type or of all, people, days and classes."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from backend.domain.classifications import Symbol
from backend.domain.contributions import Contributions
from ui.labelling.choosers import Chooser
from ui.labelling.values import Choice
from ui.team.leader_board import ClassBars, DayBars, PeopleTable
from ui.theme.fonts import semibold
from ui.theme.tokens import GRID, SMALL
from ui.widgets.frames import column
from ui.widgets.notes import Note
from ui.widgets.tone import Tone
from ui.widgets.words import Words, caption
from ui.wording import number, percent


class LeaderPage(QWidget):
    """Shows `Contributions`; says which plot type is wanted."""

    plot_type_chosen = Signal(str)
    """"" for all."""
    retry_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.of = Chooser("Of which plot type")
        self.people, self.days, self.classes = PeopleTable(), DayBars(), ClassBars()
        self.sentence, self.note = Words(tone=Tone.MUTED, wrap=True), Note("Try again")
        self._figures = QWidget()
        self._figures.setLayout(
            column(
                heading("Plots labelled, by person"), self.people,
                heading("By day, the last two weeks"), self.days,
                heading("Labels that count now"), self.sentence, self.classes, 1,
                spacing=GRID,
            )
        )  # fmt: skip
        self.setLayout(column(self.of, self._figures, self.note, 1, spacing=GRID, margins=MARGINS))
        self.of.chosen.connect(self._choose)
        self.note.button.clicked.connect(self.retry_requested)
        self.say_loading()

    def _choose(self, name: object) -> None:
        self.plot_type_chosen.emit(str(name))

    def offer(self, plot_type: str, chosen: str) -> None:
        """What can be chosen: the plot type that is open, and all."""
        one = [Choice(plot_type, plot_type)] if plot_type else []
        self.of.offer([*one, Choice("", "All plot types")])
        self.of.show_value(chosen)

    def say_loading(self) -> None:
        """The figures are being counted."""
        self._note("Counting labels …")

    def say_failed(self, reason: str) -> None:
        """They cannot be had now."""
        self._note("The labels cannot be counted", reason, Symbol.DIAMOND, Tone.WARNING)

    def _note(self, title: str, text: str = "", symbol: Symbol | None = None, tone: Tone = Tone.MUTED) -> None:
        self.note.say(title, text, symbol, tone)
        self.note.button.setVisible(tone is Tone.WARNING)
        self.note.show()
        self._figures.hide()

    def show_contributions(self, found: Contributions, who: str) -> None:
        """Show them; the line of `who` is set off."""
        if not found.people:
            self._note("Nobody has labelled yet", "The first label puts you on top.")
            return
        self.people.show_people(found.people, who)
        self.days.show_days(found.days)
        share = percent(found.labelled / found.plots) if found.plots else percent(0)
        self.sentence.say(f"{number(found.labelled)} of {number(found.plots)} plots have a label, {share}.")
        self.classes.show_shares(found.shares)
        self.note.hide()
        self._figures.show()


MARGINS = (2 * GRID, GRID, 2 * GRID, 2 * GRID)


def heading(text: str) -> Words:
    """Small words above a part of a page."""
    words = caption(text)
    words.setFont(semibold(SMALL))
    words.setContentsMargins(0, GRID, 0, 0)
    return words
