"""A strip above the plots while a label bundle is open: what it is, and whether its labels are home."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QFont

from backend.domain.classifications import Symbol
from ui.team.values import BundleBanner, Home, HomeState
from ui.theme.tokens import BODY, GRID
from ui.widgets.buttons import Button
from ui.widgets.frames import Pane, Rule, column, row
from ui.widgets.symbol_words import SymbolWords
from ui.widgets.tone import Tone
from ui.widgets.words import ElidedWords
from ui.wording import number

_SYMBOLS: dict[HomeState, tuple[Symbol | None, Tone]] = {
    HomeState.ALONE: (None, Tone.MUTED),
    HomeState.LOOKING: (None, Tone.MUTED),
    HomeState.BRINGING: (Symbol.RING, Tone.INFORMATION),
    HomeState.AWAY: (Symbol.DASH, Tone.MUTED),
    HomeState.HOME: (Symbol.CHECK, Tone.NORMAL),
    HomeState.REFUSED: (Symbol.DIAMOND, Tone.WARNING),
}


class BundleBar(Pane):
    """Hidden until a bundle is open."""

    home_requested = Signal()
    """Bring the labels home now."""

    def __init__(self) -> None:
        super().__init__()
        self.what = SymbolWords(BODY, QFont.Weight.DemiBold)
        self.state = SymbolWords(BODY)
        self.more = ElidedWords(tone=Tone.MUTED)
        self.button = Button("Bring home now", tip="Bring the labels into the hall's database now")
        line = row(self.what, 1, self.state, self.button, spacing=2 * GRID, margins=(2 * GRID, GRID, 2 * GRID, 0))
        self.more.setContentsMargins(2 * GRID, 0, 2 * GRID, GRID)
        whole = column(spacing=GRID // 2)
        whole.addLayout(line)
        whole.addWidget(self.more)
        whole.addWidget(Rule())
        self.setLayout(whole)
        self.button.clicked.connect(self.home_requested)
        self.hide()

    def show_bundle(self, banner: BundleBanner) -> None:
        """Appear for this bundle."""
        detail = f"{number(banner.plots)} plots of {banner.experiment}, taken along {banner.made}"
        self.what.say(None, banner.file, Tone.TEXT, detail)
        self.show()

    def show_home(self, home: Home) -> None:
        """Whether the labels are home; the words say what that means and what to do."""
        symbol, tone = _SYMBOLS[home.state]
        self.state.say(symbol, _title(home), tone)
        self.more.say(home.words or _SAVED)
        self.button.setVisible(home.state not in (HomeState.ALONE, HomeState.BRINGING))


_SAVED = "Every label is saved in this one file at once."


def _title(home: Home) -> str:
    labels = f"{number(home.labels)} label{'s' * (home.labels != 1)}"
    waiting = f"{number(home.waiting)} label{'s' * (home.waiting != 1)}"
    return {
        HomeState.ALONE: f"{labels} in this file",
        HomeState.LOOKING: "Looking for the hall …",
        HomeState.BRINGING: f"Bringing {waiting} home …",
        HomeState.AWAY: f"{waiting} to bring home" if home.waiting else "All labels are home",
        HomeState.HOME: "All labels are home",
        HomeState.REFUSED: f"{waiting} not brought home",
    }[home.state]
