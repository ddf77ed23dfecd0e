"""The question before shelving: for what reason, and for how long."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QButtonGroup, QDialog, QLineEdit, QWidget

from ui.alerts.wording import hours_words
from ui.theme.tokens import GRID, HEADING
from ui.widgets.buttons import Button
from ui.widgets.frames import column, row
from ui.widgets.tone import Tone
from ui.widgets.words import Words

HOURS = (1, 8, 24, 7 * 24, 30 * 24)
USUAL_HOURS = 8


class ShelvingDialog(QDialog):
    """Opened with `open`, never modal to the program's loop; nothing happens without a reason."""

    confirmed = Signal(str, float)
    """The reason, and for how many hours."""

    def __init__(self, what: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Shelve")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.reason = QLineEdit()
        self.reason.setPlaceholderText("Why may it wait? For example: board 14 is dead, access on Tuesday")
        self.reason.setAccessibleName("Reason")
        self.reason.setMaxLength(400)
        self._group, self._chips = QButtonGroup(self), {}
        for hours in HOURS:
            chip = Button(hours_words(hours), kind="chip")
            chip.setCheckable(True)
            self._group.addButton(chip)
            self._chips[chip] = hours
            chip.setChecked(hours == USUAL_HOURS)
        self.shelve_button = Button("Shelve", kind="primary", tip="Put the alert aside until its time is over")
        self.cancel_button = Button("Cancel")
        self._lay_out(what)
        self.shelve_button.setEnabled(False)
        self.shelve_button.setDefault(True)
        self.shelve_button.clicked.connect(self._confirm)
        self.cancel_button.clicked.connect(self.reject)
        self.reason.textChanged.connect(self._check)
        self.reason.setFocus()

    def _lay_out(self, what: str) -> None:
        explained = "No sound and no pop-up until then; it comes back unacknowledged. Everybody sees your reason."
        layout = column(spacing=GRID + 4, margins=(3 * GRID, 2 * GRID + 4, 3 * GRID, 2 * GRID + 4))
        layout.addWidget(Words(f"Shelve {what}", HEADING, QFont.Weight.DemiBold, wrap=True))
        layout.addWidget(Words(explained, tone=Tone.MUTED, wrap=True))
        layout.addWidget(self.reason)
        layout.addLayout(row(*self._chips, 1))
        layout.addSpacing(GRID)
        layout.addLayout(row(1, self.cancel_button, self.shelve_button))
        self.setLayout(layout)
        self.setMinimumWidth(66 * GRID)

    def choose(self, hours: int) -> None:
        """Choose one of `HOURS`."""
        next(chip for chip, length in self._chips.items() if length == hours).setChecked(True)

    @Slot(str)
    def _check(self, text: str) -> None:
        self.shelve_button.setEnabled(bool(text.strip()))

    @Slot()
    def _confirm(self) -> None:
        button = self._group.checkedButton()
        hours = next(length for chip, length in self._chips.items() if chip is button)
        self.confirmed.emit(self.reason.text().strip(), float(hours))
        self.accept()
