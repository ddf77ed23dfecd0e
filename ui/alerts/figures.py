"""Figures on alerts: how soon people come, how many there are, what alarms for nothing, and the way to mend it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QScrollArea, QWidget

from backend.domain.alert_figures import AlertFigures, Offender
from ui.alerts.figures_wording import Headline, headlines, model_words, operator_words, share_words
from ui.theme.tokens import GRID, LARGE, SMALL
from ui.widgets.buttons import Button
from ui.widgets.frames import Card, column, row
from ui.widgets.tone import Tone
from ui.widgets.words import ElidedWords, Words
from ui.wording import number

PERIODS = ((1.0, "24 hours"), (7.0, "7 days"), (30.0, "30 days"))
USUAL_DAYS = 7.0
_WORST = 15
_HEADS = ("What alarms most", "Alerts", "For nothing", "Chattering", "Models", "")


class FiguresPage(QScrollArea):
    """`show_figures`; asks for a period with `days_wanted`."""

    days_wanted = Signal(float)
    policy_requested = Signal(str)
    """The policy of this plot type."""

    def __init__(self) -> None:
        super().__init__()
        self._group = QButtonGroup(self)
        self.periods = {days: Button(words, kind="chip") for days, words in PERIODS}
        for days, chip in self.periods.items():
            chip.setCheckable(True)
            chip.setChecked(days == USUAL_DAYS)
            chip.clicked.connect(self._want)
            self._group.addButton(chip)
        self.note = Words("", tone=Tone.MUTED, wrap=True)
        self.operators = Words("", wrap=True)
        self._cards, self._table = QGridLayout(), QGridLayout()
        for grid in (self._cards, self._table):
            grid.setSpacing(GRID)
        self._table.setHorizontalSpacing(3 * GRID)
        self._table.setColumnStretch(0, 1)
        body = QWidget()
        layout = column(spacing=2 * GRID, margins=(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID))
        layout.addLayout(row(*self.periods.values(), 1))
        layout.addWidget(self.note)
        for part in (self._cards, self._table):
            layout.addLayout(part)
        layout.addWidget(self.operators)
        layout.addStretch(1)
        body.setLayout(layout)
        self.setWidget(body)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Figures on alerts")
        self.say("Reading …")

    @property
    def days(self) -> float:
        """The period chosen."""
        return next(days for days, chip in self.periods.items() if chip.isChecked())

    @Slot()
    def _want(self) -> None:
        self.days_wanted.emit(self.days)

    def say(self, words: str) -> None:
        """Say why there are no figures."""
        self.note.say(words)
        self.note.setVisible(bool(words))

    def show_figures(self, found: AlertFigures) -> None:
        """Show these."""
        self.say("" if found.alerts else "No alert in this time.")
        for grid in (self._cards, self._table):
            _empty(grid)
        for place, headline in enumerate(headlines(found)):
            self._cards.addWidget(_card(headline), place // 3, place % 3)
        for place, title in enumerate(_HEADS if found.offenders else ()):
            self._table.addWidget(Words(title, SMALL, QFont.Weight.DemiBold, Tone.MUTED), 0, place)
        for line, offender in enumerate(found.offenders[:_WORST], 1):
            self._show_offender(line, offender)
        self.operators.say(operator_words(found))

    def _show_offender(self, line: int, one: Offender) -> None:
        button = Button("Policy…", tip=f"When {one.name} alarms, tried on the past")
        button.setVisible(bool(one.plot_type))
        button.clicked.connect(partial(_emit, self.policy_requested.emit, one.plot_type))
        cells = (
            ElidedWords(one.name), Words(number(one.alerts)), Words(share_words(one)),
            Words(number(one.chattering) if one.chattering else "–"), Words(model_words(one), tone=Tone.MUTED), button,
        )  # fmt: skip
        for place, cell in enumerate(cells):
            self._table.addWidget(cell, line, place)


def _emit(emit: Callable[[str], object], plot_type: str, _checked: bool = False) -> None:
    emit(plot_type)


def _card(headline: Headline) -> Card:
    card = Card()
    layout = column(spacing=2, margins=(2 * GRID, GRID + 4, 2 * GRID, GRID + 4))
    layout.addWidget(Words(headline.title, SMALL, tone=Tone.MUTED))
    layout.addWidget(Words(headline.value, LARGE, QFont.Weight.DemiBold, Tone.WARNING if headline.bad else Tone.TEXT))
    layout.addWidget(Words(headline.detail, SMALL, tone=Tone.MUTED, wrap=True))
    card.setLayout(layout)
    card.setAccessibleName(f"{headline.title}: {headline.value}. {headline.detail}")
    return card


def _empty(grid: QGridLayout) -> None:
    while (item := grid.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
