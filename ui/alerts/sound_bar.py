"""Whether alerts can be heard here, and a button to try it."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from backend.domain.classifications import Symbol
from ui.theme.tokens import BODY, GRID
from ui.widgets.buttons import Button
from ui.widgets.frames import row
from ui.widgets.symbol_words import SymbolWords
from ui.widgets.tone import Tone


class SoundBar(QWidget):
    """A symbol, a word, a button."""

    def __init__(self) -> None:
        super().__init__()
        self.words = SymbolWords(BODY)
        self.test_button = Button("Test sound", tip="Play the sound of an alarm once")
        self.setLayout(row(self.words, self.test_button, spacing=GRID + 4))
        self.show_sound(True, "Sound")

    def show_sound(self, works: bool, words: str, advice: str = "") -> None:
        """Show whether sound can be made; `advice` says what to do where it cannot."""
        self.words.say(Symbol.CHECK if works else Symbol.SLASHED, words, Tone.MUTED if works else Tone.ALARM)
        self.words.setToolTip(advice)
        self.words.setAccessibleDescription(advice)
