"""A new class from the labelling screen: name, how grave it is, colour and symbol, what it means, and an example."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QCheckBox, QDialog, QLineEdit, QWidget

from backend.domain.classifications import (
    BLUE,
    BLUISH_GREEN,
    NEUTRAL,
    ORANGE,
    REDDISH_PURPLE,
    SKY_BLUE,
    VERMILION,
    YELLOW,
    Classification,
    Severity,
    Symbol,
)
from ui.labelling.choosers import Chooser
from ui.labelling.values import Choice
from ui.theme.tokens import GRID, HEADING
from ui.widgets.buttons import Button
from ui.widgets.frames import column, row
from ui.widgets.symbol_words import SymbolWords
from ui.widgets.tone import Tone
from ui.widgets.words import Words
from ui.wording import class_title

_COLOURS = (
    ("Vermilion", VERMILION), ("Orange", ORANGE), ("Yellow", YELLOW), ("Sky blue", SKY_BLUE), ("Blue", BLUE),
    ("Green", BLUISH_GREEN), ("Purple", REDDISH_PURPLE), ("Grey", NEUTRAL),
)  # fmt: skip
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class NewClass:
    """What was made; `example` where the plots that are ringed are to be labelled with it."""

    known: Classification
    example: bool


class ClassDialog(QDialog):
    """Opened with `open`. Names that are taken are refused while they are typed."""

    confirmed = Signal(object)
    """`NewClass`."""

    def __init__(self, taken: Collection[str], examples: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("New class")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._taken = {name.lower() for name in taken}
        self.name, self.description = _field("Name, such as HotChannel"), _field("What a plot of this class shows")
        self.severity, self.colour, self.symbol = Chooser("Severity"), Chooser("Colour"), Chooser("Symbol")
        self.severity.offer([Choice(one, one.word.capitalize()) for one in Severity])
        self.colour.offer([Choice(value, name) for name, value in _COLOURS])
        self.symbol.offer([Choice(one, one.value.capitalize()) for one in Symbol if one is not Symbol.QUESTION])
        for chooser, value in ((self.severity, Severity.ALARM), (self.colour, VERMILION), (self.symbol, Symbol.STAR)):
            chooser.show_value(value)
        self.example = QCheckBox(f"Label the {examples} ringed plot{'s' * (examples != 1)} with it, as an example")
        self.example.setChecked(examples > 0)
        self.example.setVisible(examples > 0)
        self.look, self.problem = SymbolWords(HEADING, QFont.Weight.DemiBold), Words(tone=Tone.WARNING, wrap=True)
        self.make, self.cancel = Button("Make class", kind="primary"), Button("Cancel")
        self._lay_out()
        for chooser in (self.severity, self.colour, self.symbol):
            chooser.chosen.connect(self._show)
        self.name.textChanged.connect(self._show)
        self.make.clicked.connect(self._confirm)
        self.cancel.clicked.connect(self.reject)
        self._show()
        self.name.setFocus()

    def _lay_out(self) -> None:
        layout = column(spacing=GRID + 4, margins=(3 * GRID, 2 * GRID + 4, 3 * GRID, 2 * GRID + 4))
        layout.addWidget(Words("New class", HEADING, QFont.Weight.DemiBold))
        layout.addWidget(self.name)
        layout.addWidget(self.description)
        layout.addLayout(row(self.severity, self.colour, self.symbol))
        layout.addWidget(self.look)
        layout.addWidget(self.example)
        layout.addWidget(self.problem)
        layout.addLayout(row(1, self.cancel, self.make))
        self.setLayout(layout)
        self.make.setDefault(True)
        self.setMinimumWidth(58 * GRID)

    @property
    def known(self) -> Classification:
        """The class as it is described now."""
        severity, symbol = self.severity.value, self.symbol.value
        return Classification(
            self.name.text().strip(),
            severity if isinstance(severity, Severity) else Severity.ALARM,
            str(self.colour.value),
            symbol if isinstance(symbol, Symbol) else Symbol.STAR,
            self.description.text().strip(),
        )

    def _show(self, _value: object = None) -> None:
        known = self.known
        taken = known.name.lower() in self._taken
        self.problem.say(f"There is a class {known.name} already." if taken else "")
        self.problem.setVisible(taken)
        self.make.setEnabled(bool(known.name) and not taken)
        self.look.say(known.symbol, class_title(known.name) or "…", Tone.TEXT, hue=known.colour)

    def _confirm(self) -> None:
        self.confirmed.emit(NewClass(self.known, self.example.isChecked() and not self.example.isHidden()))
        self.accept()


def _field(words: str) -> QLineEdit:
    field = QLineEdit()
    field.setPlaceholderText(words)
    field.setAccessibleName(words)
    field.setMaxLength(_LONGEST if words.startswith("Name") else 400)
    return field
