"""The strip above plots that belong together: what they are, and what can be done with all of them."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ui.theme.tokens import GRID
from ui.widgets.buttons import Button
from ui.widgets.frames import row
from ui.widgets.words import ElidedWords


class ExploreBar(QWidget):
    """Hidden where the plots listed are nothing special."""

    all_requested = Signal()
    """All listed plots are to be labelled at once."""
    keep_requested = Signal()
    """The labels that are ringed are right."""
    left = Signal()
    """Back to what was listed before."""

    def __init__(self) -> None:
        super().__init__()
        self.words = ElidedWords()
        self.label_all = Button("Label all of these …", kind="primary", tip="Label every plot listed here at once")
        self.keep = Button("Keep label", tip="The labels that are ringed are right  (Ctrl+K)")
        self.back = Button("Back to all plots", kind="quiet", tip="List what was listed before  (Esc)")
        layout = row(spacing=GRID, margins=(2 * GRID, GRID // 2, 2 * GRID, GRID // 2))
        layout.addWidget(self.words, 1)
        for button in (self.keep, self.label_all, self.back):
            layout.addWidget(button)
        self.setLayout(layout)
        self.label_all.clicked.connect(self.all_requested)
        self.keep.clicked.connect(self.keep_requested)
        self.back.clicked.connect(self.left)
        self.say("")

    def say(self, words: str, *, together: bool = False, keeps: bool = False) -> None:
        """Say what is listed; "" hides the strip. `together` offers to label all, `keeps` to keep labels."""
        self.words.say(words)
        self.label_all.setVisible(together)
        self.back.setVisible(together)
        self.keep.setVisible(keeps)
        self.setVisible(bool(words))
