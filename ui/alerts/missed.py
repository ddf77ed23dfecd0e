"""The question after "missed problem": what is it, and what is there to say of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QButtonGroup, QDialog, QGridLayout, QLineEdit, QWidget

from backend.domain.classifications import IGNORE, Classification
from backend.domain.plots import Plot
from ui.theme.tokens import GRID, HEADING
from ui.widgets.buttons import Button
from ui.widgets.frames import column, row
from ui.widgets.tone import Tone
from ui.widgets.words import Words
from ui.wording import class_title, number

_ACROSS = 4


class MissedDialog(QDialog):
    """Opened with `open`; nothing happens before a classification is chosen."""

    confirmed = Signal(object, str, str)
    """The `Plot`, the classification, the note."""

    def __init__(self, plot: Plot, classes: Sequence[Classification], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Missed problem")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._plot = plot
        self._group, self.chips = QButtonGroup(self), dict[str, Button]()
        for known in sorted(classes, key=lambda one: -one.severity):
            if known.name != IGNORE:
                chip = self.chips[known.name] = Button(class_title(known.name), kind="chip")
                chip.setCheckable(True)
                self._group.addButton(chip)
        self.note = QLineEdit()
        self.note.setPlaceholderText("What do you see? For example: a ring of hot cells at the edge")
        self.note.setAccessibleName("Note")
        self.note.setMaxLength(400)
        self.raise_button = Button("Raise an alert", kind="primary", tip="Tell everybody, and label the plot so")
        self.raise_button.setEnabled(False)
        self.raise_button.setDefault(True)
        self.cancel_button = Button("Cancel")
        self._lay_out()
        self._group.buttonClicked.connect(self._chosen)
        self.raise_button.clicked.connect(self._confirm)
        self.cancel_button.clicked.connect(self.reject)

    def _lay_out(self) -> None:
        plot = self._plot
        chunk = "" if plot.identity.chunk is None else f", chunk {plot.identity.chunk}"
        explained = (
            "Everybody is told, with pop-up and sound, and the plot gets this label for the next training. "
            "The label can be undone on the Labelling screen."
        )
        grid = QGridLayout()
        grid.setSpacing(GRID // 2)
        for place, chip in enumerate(self.chips.values()):
            grid.addWidget(chip, place // _ACROSS, place % _ACROSS)
        grid.setColumnStretch(_ACROSS, 1)
        layout = column(spacing=GRID + 4, margins=(3 * GRID, 2 * GRID + 4, 3 * GRID, 2 * GRID + 4))
        title = f"What is wrong with {plot.identity.plot_type}?"
        layout.addWidget(Words(title, HEADING, QFont.Weight.DemiBold, wrap=True))
        layout.addWidget(Words(f"Run {number(plot.identity.run)}{chunk}. {explained}", tone=Tone.MUTED, wrap=True))
        layout.addLayout(grid)
        layout.addWidget(self.note)
        layout.addSpacing(GRID)
        layout.addLayout(row(1, self.cancel_button, self.raise_button))
        self.setLayout(layout)
        self.setMinimumWidth(70 * GRID)

    @Slot()
    def _chosen(self) -> None:
        self.raise_button.setEnabled(True)

    @Slot()
    def _confirm(self) -> None:
        chosen = next(name for name, chip in self.chips.items() if chip.isChecked())
        self.confirmed.emit(self._plot, chosen, self.note.text().strip())
        self.accept()
