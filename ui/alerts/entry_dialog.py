"""An entry in the logbook: who writes, what, and where to. The plot and its heat map come with it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFont, QImage, QTextCursor
from PySide6.QtWidgets import QDialog, QLineEdit, QPlainTextEdit, QWidget

from backend.domain.classifications import Symbol
from backend.domain.outward import Delivered
from backend.domain.predictions import HeatMap
from ui.alerts.picture import AlertPicture
from ui.theme.tokens import BODY, GRID, HEADING
from ui.widgets.buttons import Button
from ui.widgets.frames import column, row
from ui.widgets.symbol_words import SymbolWords
from ui.widgets.tone import Tone
from ui.widgets.words import Words

_ABOUT = "The plot and its heat map come with it. Who made the entry, and when, is kept here as well."
_NO_LOGBOOK = "No logbook is configured: set to in [alarms.logbook]."


class EntryDialog(QDialog):
    """Opened with `open`. Stays open until the entry is made; what was written is not lost when it cannot be."""

    confirmed = Signal(str, str, str, object)
    """Author, subject, text, tuple of logbooks."""

    def __init__(self, parent: QWidget, subject: str, text: str, author: str, logbooks: Sequence[str]) -> None:
        super().__init__(parent)
        self.setWindowTitle("Logbook entry")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.author, self.subject, self.text = QLineEdit(author), QLineEdit(subject), QPlainTextEdit(text)
        for field, name in ((self.author, "Author"), (self.subject, "Subject"), (self.text, "Text")):
            field.setAccessibleName(name)
        self.author.setMaxLength(100)
        self.subject.setMaxLength(200)
        self.text.setTabChangesFocus(True)
        self.text.setProperty("kind", "field")
        self.text.setPlaceholderText("What happened, what was done about it")
        self.picture = AlertPicture(24 * GRID)
        self.outcome = SymbolWords(BODY)
        self.chips = {name: Button(name, kind="chip") for name in logbooks}
        for chip in self.chips.values():
            chip.setCheckable(True)
            chip.setChecked(True)
            chip.toggled.connect(self._check)
        self.enter_button = Button("Make the entry", kind="primary")
        self.cancel_button = Button("Cancel")
        self._sending, self._done = False, False
        self._lay_out()
        self._connect()
        self._check()
        self.text.setFocus()
        self.text.moveCursor(QTextCursor.MoveOperation.End)

    def _lay_out(self) -> None:
        left = column(spacing=GRID)
        for name, field in (("Author", self.author), ("Subject", self.subject), ("Text", self.text)):
            left.addWidget(Words(name, tone=Tone.MUTED))
            left.addWidget(field)
        body = row(spacing=2 * GRID)
        body.addLayout(left, 3)
        body.addWidget(self.picture, 2, Qt.AlignmentFlag.AlignTop)
        layout = column(spacing=GRID + 4, margins=(3 * GRID, 2 * GRID + 4, 3 * GRID, 2 * GRID + 4))
        layout.addWidget(Words("Logbook entry", HEADING, QFont.Weight.DemiBold))
        layout.addWidget(Words(_ABOUT if self.chips else _NO_LOGBOOK, tone=Tone.MUTED, wrap=True))
        layout.addLayout(body, 1)
        layout.addLayout(row(Words("To", tone=Tone.MUTED), *self.chips.values(), 1))
        layout.addWidget(self.outcome)
        layout.addLayout(row(1, self.cancel_button, self.enter_button))
        self.setLayout(layout)
        self.outcome.hide()
        self.resize(96 * GRID, 60 * GRID)

    def _connect(self) -> None:
        self.enter_button.clicked.connect(self._confirm)
        self.cancel_button.clicked.connect(self.reject)
        for field in (self.author, self.subject):
            field.textChanged.connect(self._check)
        self.text.textChanged.connect(self._check)

    def show_image(self, image: QImage | None, heat: HeatMap | None) -> None:
        """What comes with the entry; None where there is no plot."""
        if image is None:
            self.picture.show_words("", "No plot comes with it.")
        else:
            self.picture.show_image("comes with it", image, heat)

    def show_sending(self) -> None:
        """It is on its way."""
        self._sending = True
        self._say(Symbol.DASH, "Making the entry …", Tone.MUTED)
        self._check()

    def show_results(self, results: Sequence[Delivered]) -> None:
        """What became of it; where it was made it is not made again."""
        self._sending = False
        failed = [one for one in results if not one.ok]
        for one in results:
            if one.ok and one.destination in self.chips:
                self.chips[one.destination].setChecked(False)
                self.chips[one.destination].setEnabled(False)
        if failed:
            self._say(Symbol.TRIANGLE, "; ".join(f"{one.destination}: {one.words}" for one in failed), Tone.ALARM)
        else:
            self._done = True
            self._say(Symbol.CHECK, "; ".join(f"{one.destination}: {one.words}" for one in results), Tone.MUTED)
            self.cancel_button.say("Close")
        self._check()

    def show_trouble(self, why: str) -> None:
        """It could not even be tried."""
        self._sending = False
        self._say(Symbol.TRIANGLE, why, Tone.ALARM)
        self._check()

    def _say(self, symbol: Symbol, words: str, tone: Tone) -> None:
        self.outcome.say(symbol, words, tone)
        self.outcome.setToolTip(words)
        self.outcome.show()

    @property
    def logbooks(self) -> tuple[str, ...]:
        """Where the entry is to be made."""
        return tuple(name for name, chip in self.chips.items() if chip.isChecked())

    @Slot()
    def _check(self) -> None:
        whole = all((self.author.text().strip(), self.subject.text().strip(), self.text.toPlainText().strip()))
        self.enter_button.setEnabled(bool(whole and self.logbooks) and not self._sending and not self._done)

    @Slot()
    def _confirm(self) -> None:
        text = self.text.toPlainText().strip()
        self.confirmed.emit(self.author.text().strip(), self.subject.text().strip(), text, self.logbooks)
