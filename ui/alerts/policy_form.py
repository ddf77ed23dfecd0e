"""The form of an alert policy: numbers with their units, and a row of choices for each classification."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QLineEdit, QWidget

from backend.domain.alert_policy import AlertPolicy
from backend.domain.classifications import Classification, Severity
from ui.theme.tokens import GRID
from ui.widgets.buttons import Button
from ui.widgets.frames import column, row
from ui.widgets.tone import Tone
from ui.widgets.words import Words

AS_USUAL = "as usual"
_LEVELS: tuple[tuple[str, Severity | None], ...] = (
    (AS_USUAL, None), ("never", Severity.NORMAL), ("information", Severity.INFORMATION),
    ("warning", Severity.WARNING), ("alarm", Severity.ALARM),
)  # fmt: skip

_FIELDS: tuple[tuple[str, str, str, str], ...] = (
    ("needed", "So many verdicts must alarm", "verdicts", "1 to 20"),
    ("out_of", "of the last", "verdicts", "as many sound ones clear it"),
    ("on_delay_s", "The problem must last", "s", "on delay"),
    ("off_delay_s", "and must be gone for", "s", "off delay"),
    ("beam_threshold", "Below this beam nothing alarms", "in its unit", "empty: as configured"),
    ("settle_plots", "After a trip do not count", "plots", "taken in part without beam"),
    ("grace_s", "After the start of a run wait", "s", "0 to 600"),
    ("stale_cycles", "Missing after", "cycles", "0: never"),
    ("cycle_s", "A cycle lasts", "s", "empty: as it was so far"),
    ("frozen_after", "Frozen after", "equal images", "0: never"),
)
"""Field of `AlertPolicy`, words before it, unit, and a hint."""

_WHOLE = frozenset({"needed", "out_of", "settle_plots", "stale_cycles", "frozen_after"})
_MAY_BE_EMPTY = frozenset({"beam_threshold", "cycle_s"})


class ClassRow(QWidget):
    """At which severity one classification alarms."""

    changed = Signal()

    def __init__(self, classification: Classification) -> None:
        super().__init__()
        self.name = classification.name
        self._group, self._chips = QButtonGroup(self), dict[str, Button]()
        for words, _ in _LEVELS:
            chip = Button(words, kind="chip", tip=f"{self.name}: {words}")
            chip.setCheckable(True)
            self._group.addButton(chip)
            self._chips[words] = chip
        self._chips[AS_USUAL].setChecked(True)
        self._group.buttonClicked.connect(self.changed)
        title = Words(self.name, weight=QFont.Weight.Medium)
        title.setFixedWidth(15 * GRID)
        self.setLayout(row(title, *self._chips.values(), 1, spacing=GRID // 2))

    def choose(self, severity: Severity | None) -> None:
        """None: as usual."""
        words = next(words for words, level in _LEVELS if level == severity)
        self._chips[words].setChecked(True)

    @property
    def severity(self) -> Severity | None:
        """What is chosen."""
        return next(level for words, level in _LEVELS if self._chips[words].isChecked())


class PolicyForm(QWidget):
    """`show_policy`, then ask `policy`. Nothing is checked while a person types."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.fields = {name: QLineEdit() for name, *_ in _FIELDS}
        self.beam_gate = Button("Without beam nothing alarms", kind="chip", tip="Whether the beam gate is on")
        self.beam_gate.setCheckable(True)
        self.rows: list[ClassRow] = []
        self._base = AlertPolicy()
        self._classes = column(spacing=GRID // 2)
        layout = column(spacing=GRID)
        layout.addWidget(_title("Which classifications alarm"))
        layout.addWidget(Words("As usual: confirmed verdicts at the severity of their class, from alarm on.",
                               tone=Tone.MUTED, wrap=True))  # fmt: skip
        layout.addLayout(self._classes)
        layout.addSpacing(GRID)
        layout.addWidget(_title("When"))
        layout.addLayout(row(self.beam_gate, 1))
        layout.addLayout(self._grid())
        layout.addStretch(1)
        self.setLayout(layout)
        self.beam_gate.clicked.connect(self.changed)

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(GRID)
        grid.setVerticalSpacing(GRID // 2)
        for place, (name, before, unit, hint) in enumerate(_FIELDS):
            field = self.fields[name]
            field.setFixedWidth(9 * GRID)
            field.setAlignment(Qt.AlignmentFlag.AlignRight)
            field.setAccessibleName(f"{before} ({unit})")
            field.setAccessibleDescription(hint)
            field.textEdited.connect(self.changed)
            grid.addWidget(Words(before), place, 0)
            grid.addWidget(field, place, 1)
            grid.addWidget(Words(unit), place, 2)
            grid.addWidget(Words(hint, tone=Tone.MUTED), place, 3)
        grid.setColumnStretch(3, 1)
        return grid

    def show_policy(self, policy: AlertPolicy, classes: Sequence[Classification]) -> None:
        """Show a policy; classes it names that are not valid any more are kept as they are."""
        self._base = policy
        for old in self.rows:
            self._classes.removeWidget(old)
            old.deleteLater()
        self.rows = [ClassRow(known) for known in classes]
        for shown in self.rows:
            shown.choose(policy.severities.get(shown.name))
            shown.changed.connect(self.changed)
            self._classes.addWidget(shown)
        for name, field in self.fields.items():
            value = getattr(policy, name)
            field.setText("" if value is None else f"{value:g}")
        self.beam_gate.setChecked(policy.beam_gate)

    def policy(self) -> AlertPolicy:
        """What is written here; ValueError, in a sentence, where that is no policy."""
        shown = {one.name: one.severity for one in self.rows}
        own = {name: level for name, level in self._base.severities.items() if name not in shown}
        own |= {name: level for name, level in shown.items() if level is not None}
        values = {name: self._number(name) for name in self.fields}
        given: dict[str, object] = {
            "least_severity": self._base.least_severity,
            "beam_gate": self.beam_gate.isChecked(),
        }
        return AlertPolicy(**given | values, severities=MappingProxyType(own))  # type: ignore[arg-type]

    def _number(self, name: str) -> float | int | None:
        text = self.fields[name].text().strip().replace(",", ".")
        words = next(before for field, before, *_ in _FIELDS if field == name)
        if not text and name in _MAY_BE_EMPTY:
            return None
        try:
            return int(text) if name in _WHOLE else float(text)
        except ValueError:
            kind = "a whole number" if name in _WHOLE else "a number"
            raise ValueError(f"“{words}” is “{text}”; write {kind}") from None


def _title(text: str) -> Words:
    return Words(text, weight=QFont.Weight.DemiBold)
