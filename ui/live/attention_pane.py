"""The attention pane: plots that alarm or are confirmed warnings, worst first."""

from __future__ import annotations

from PySide6.QtGui import QFont
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from backend.domain.classifications import Symbol
from ui.grid.view import TileGridView
from ui.theme.tokens import BODY, GRID
from ui.widgets.notes import Note
from ui.widgets.symbol_words import SymbolWords
from ui.widgets.tone import Tone

_LEAST = 200
_TITLE = "Needs attention"


class AttentionPane(QWidget):
    """Heading, tiles in one column, and a note where there are none."""

    def __init__(self) -> None:
        super().__init__()
        self.view = TileGridView(columns=1)
        self.view.setAccessibleName("Plots that need attention")
        self._heading = SymbolWords(BODY, QFont.Weight.DemiBold)
        self._note = Note()
        self._pages = QStackedWidget()
        self._pages.addWidget(self._note)
        self._pages.addWidget(self.view)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2 * GRID, 0, 0)
        column.setSpacing(0)
        top = QVBoxLayout()
        top.setContentsMargins(2 * GRID, 0, 2 * GRID, GRID // 2)
        top.addWidget(self._heading)
        column.addLayout(top)
        column.addWidget(self._pages)
        self.setMinimumWidth(_LEAST)
        self.show_count(0)

    def show_count(self, count: int) -> None:
        """Show how many plots need attention."""
        self._heading.say(Symbol.TRIANGLE if count else Symbol.CHECK, _TITLE, Tone.TEXT, str(count))

    def show_tiles(self, there: bool) -> None:
        """Show the tiles, or the note where there are none."""
        self._pages.setCurrentWidget(self.view if there else self._note)

    def say(self, title: str, text: str, symbol: Symbol | None) -> None:
        """What the note says while there are no tiles."""
        self._note.say(title, text, symbol)
