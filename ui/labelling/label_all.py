"""The question before many plots get a label at once: what they are now, what they become."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QCheckBox, QDialog, QWidget

from ui.labelling.choosers import Chooser
from ui.labelling.values import Choice
from ui.labelling.wording import UNLABELLED
from ui.theme.tokens import GRID, HEADING
from ui.widgets.buttons import Button
from ui.widgets.frames import column, row
from ui.widgets.tone import Tone
from ui.widgets.words import Words
from ui.wording import class_title, number


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the plots have this label now, "" for none; `others` of these labels are other people's."""

    label: str
    count: int
    others: int = 0


class LabelAllDialog(QDialog):
    """Opened with `open`. Nothing is labelled before a person has seen how many plots of which label change."""

    confirmed = Signal(str, bool)
    """The class, and whether labels that are there stay."""

    def __init__(self, shares: Sequence[Share], classes: Sequence[str], proposed: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Label all")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._shares = tuple(shares)
        self.classes = Chooser("Label all with")
        self.classes.offer([Choice(name, class_title(name)) for name in classes])
        self.classes.show_value(proposed if proposed in classes else None)
        self.keep = QCheckBox("Leave the labels that are there")
        self.keep.setToolTip("Only plots without a label get one")
        self.keep.setChecked(True)
        self.keep.setVisible(any(share.label for share in shares))
        self.preview = Words(wrap=True)
        self.confirm_button = Button("Label", kind="primary")
        self.cancel_button = Button("Cancel")
        self._lay_out()
        self.classes.chosen.connect(self._show)
        self.keep.toggled.connect(self._show)
        self.confirm_button.clicked.connect(self._confirm)
        self.cancel_button.clicked.connect(self.reject)
        self._show()
        self.classes.setFocus()

    def _lay_out(self) -> None:
        total = sum(share.count for share in self._shares)
        layout = column(spacing=GRID + 4, margins=(3 * GRID, 2 * GRID + 4, 3 * GRID, 2 * GRID + 4))
        layout.addWidget(Words(f"Label {number(total)} plots at once", HEADING, QFont.Weight.DemiBold, wrap=True))
        layout.addWidget(self.classes)
        layout.addWidget(self.keep)
        layout.addWidget(self.preview)
        layout.addWidget(Words("It is one step: Ctrl+Z takes it back as a whole.", tone=Tone.MUTED, wrap=True))
        layout.addLayout(row(1, self.cancel_button, self.confirm_button))
        self.setLayout(layout)
        self.confirm_button.setDefault(True)
        self.setMinimumWidth(58 * GRID)

    @property
    def label(self) -> str:
        """The class chosen; "" while none is."""
        return str(self.classes.value or "")

    def _changes(self, share: Share) -> bool:
        return share.label != self.label and not (share.label and self.keep.isChecked() and not self.keep.isHidden())

    def _show(self, _value: object = None) -> None:
        changed = sum(share.count for share in self._shares if self._changes(share)) if self.label else 0
        self.preview.say("\n".join(self._line(share) for share in self._shares))
        self.confirm_button.say(f"Label {number(changed)}" if changed else "Label")
        self.confirm_button.setEnabled(changed > 0)

    def _line(self, share: Share) -> str:
        now = class_title(share.label) if share.label else UNLABELLED
        if not self.label:
            return f"{number(share.count)} {now}"
        becomes = f"become {class_title(self.label)}" if self._changes(share) else "stay as they are"
        others = f" ({number(share.others)} by others)" if share.others and self._changes(share) else ""
        return f"{number(share.count)} {now}{others} → {becomes}"

    def _confirm(self) -> None:
        self.confirmed.emit(self.label, self.keep.isChecked() and not self.keep.isHidden())
        self.accept()
