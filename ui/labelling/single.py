"""One plot at a time: large, with its label, its history and a place for a comment."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from typing_extensions import override

from backend.domain.classifications import Classification, Severity, Symbol
from ui.labelling.large_image import LargeImage
from ui.labelling.values import LabelTile, Saving
from ui.labelling.wording import guess_words, label_words
from ui.theme.tokens import BODY, GRID, HEADING
from ui.widgets.buttons import Button
from ui.widgets.frames import row
from ui.widgets.symbol_words import SymbolWords
from ui.widgets.tone import Tone
from ui.widgets.words import ElidedWords, Words
from ui.wording import number


class CommentField(QLineEdit):
    """Enter tells the comment, Escape gives it up; both give the keys back to labelling."""

    entered = Signal(str)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setPlaceholderText("Comment on this label")
        self.setAccessibleName("Comment on this label")
        self.setToolTip("Comment on this label  (Ctrl+M)")
        self.setMaxLength(1000)

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
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            text = self.text().strip()
            self.clear()
            if text:
                self.entered.emit(text)
            self.left.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.clear()
            self.left.emit()
        else:
            super().keyPressEvent(event)


class SingleView(QWidget):
    """Shows what it is given; keys and buttons tell where to go."""

    moved = Signal(int)
    """By how many plots to go on, negative for back."""
    commented = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("One plot at a time")
        self.image = LargeImage()
        self._label = SymbolWords(HEADING, QFont.Weight.DemiBold)
        self._guess, self._where = SymbolWords(BODY), Words(tone=Tone.MUTED)
        self._history = ElidedWords(tone=Tone.MUTED)
        self.comment = CommentField()
        self.back = Button(kind="icon", icon_name="chevron-left", tip="The plot before", key="Left")
        self.on = Button(kind="icon", icon_name="chevron-right", tip="The next plot, without a label", key="Right")
        self._lay_out()
        self.back.clicked.connect(self._go_back)
        self.on.clicked.connect(self._go_on)
        self.comment.entered.connect(self.commented)
        self.comment.left.connect(self.setFocus)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        layout.addLayout(row(self._label, self._guess, 1, self._where, self.back, self.on, spacing=2 * GRID))
        layout.addWidget(self.image, 1)
        below = row(spacing=2 * GRID)
        below.addWidget(self._history, 3)
        below.addWidget(self.comment, 2)
        layout.addLayout(below)

    def show_tile(self, tile: LabelTile | None, known: Classification | None, place: int, count: int) -> None:
        """Show what is known of a plot: `known` is the class of its label; `place` from 0 of `count` listed."""
        position = f"{number(place + 1)} of {number(count)}"
        if tile is None:
            self._label.say(None, "…", Tone.MUTED)
            self._where.say(position)
            return
        saved = tile.saving is Saving.SAVED
        quiet = known is None or known.severity is Severity.NORMAL or not saved
        tone = Tone.WARNING if tile.saving is Saving.WAITING else Tone.TEXT if tile.label and saved else Tone.MUTED
        hue = "" if quiet or known is None else known.colour
        self._label.say(known.symbol if known else None, label_words(tile), tone, hue=hue)
        self._where.say(f"run {tile.where} · {tile.taken} · {position}")
        self.comment.setEnabled(bool(tile.label) and saved)

    def show_guess(self, tile: LabelTile | None, symbol: Symbol | None) -> None:
        """Show the model's guess; None hides it."""
        words = "" if tile is None else f"guess {guess_words(tile)}" if tile.guess else "no guess"
        self._guess.say(symbol if tile is not None and tile.guess else None, words, Tone.MUTED)

    def show_history(self, words: str) -> None:
        """Show who said what before."""
        self._history.say(words)

    def _go_back(self) -> None:
        self.moved.emit(-1)

    def _go_on(self) -> None:
        self.moved.emit(1)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1,
            Qt.Key.Key_PageUp: -10, Qt.Key.Key_PageDown: 10,
        }.get(Qt.Key(event.key()), 0)  # fmt: skip
        if steps:
            self.moved.emit(steps)
        else:
            super().keyPressEvent(event)
