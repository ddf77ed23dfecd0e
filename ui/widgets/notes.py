"""Notes in place of tiles: what an empty pane means and what to do about it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QVBoxLayout, QWidget

from backend.domain.classifications import Symbol
from ui.theme.tokens import BODY, GRID, HEADING
from ui.widgets.buttons import Button
from ui.widgets.symbol_words import SymbolWords
from ui.widgets.tone import Tone
from ui.widgets.words import Words


class Note(QWidget):
    """A title with a symbol, a sentence, and a button where something can be done."""

    def __init__(self, action: str = "") -> None:
        super().__init__()
        self._title = SymbolWords(HEADING, QFont.Weight.DemiBold)
        self._text = Words(size=BODY, tone=Tone.MUTED, wrap=True)
        self._text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.button = Button(action)
        self.button.setVisible(bool(action))
        column = QVBoxLayout(self)
        column.setSpacing(GRID)
        column.addStretch(2)
        column.addWidget(self._title, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._text)  # over the whole width: only then its lines are counted for the height
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)

    def say(self, title: str, text: str = "", symbol: Symbol | None = None, tone: Tone = Tone.MUTED) -> None:
        """Show this; an empty text takes no room."""
        self._title.say(symbol, title, tone)
        self._text.say(text)
        self._text.setVisible(bool(text))
