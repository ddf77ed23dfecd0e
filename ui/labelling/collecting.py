"""Which images of a plot type are kept: the random sample, why images stay, and how much room they take."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QDialog, QDoubleSpinBox, QWidget

from backend.domain.collecting import REASON_WORDS, Collected
from ui.theme.tokens import GRID, HEADING
from ui.widgets.buttons import Button
from ui.widgets.frames import column, row
from ui.widgets.tone import Tone
from ui.widgets.words import Words
from ui.wording import NARROW, number

_EXPLAINED = (
    "Every alarming, unconfirmed and labelled plot keeps its image. Of all others a random sample does: fair, always "
    "the same for a plot, and needed to measure how often models err. Predictions and verdicts are always kept. "
    "A change holds for plots that are judged from now on."
)


def rate_words(percent: float) -> str:
    """``2.5 %``."""
    return f"{percent:g}{NARROW}%"


def size_words(size: float) -> str:
    """``1.2 GB``: bytes as a person reads them."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g}{NARROW}{unit}"
        size /= 1000
    return f"{size:.3g}{NARROW}TB"


def kept_sentence(collected: Collected) -> str:
    """``412 of 1 840 images, about 12 MB; random sample 1 %.``"""
    room = f", about {size_words(collected.kept * collected.bytes_each)}" if collected.bytes_each else ""
    counted = f"{number(collected.kept)} of {number(collected.plots)} images{room}"
    return f"{counted}; random sample {rate_words(collected.percent)}."


class CollectingDialog(QDialog):
    """Opened with `open`."""

    confirmed = Signal(float)
    """Percent of harmless plots whose image is kept from now on."""

    def __init__(self, collected: Collected, refusal: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Images kept")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.percent = QDoubleSpinBox()
        self.percent.setRange(0.0, 100.0)
        self.percent.setDecimals(2)
        self.percent.setSuffix(" %")
        self.percent.setValue(collected.percent)
        self.percent.setMinimumSize(14 * GRID, 4 * GRID)
        self.percent.setAccessibleName("Random sample, percent of harmless plots")
        self.percent.setEnabled(not refusal)
        self.save = Button("Save", kind="primary")
        self.save.setEnabled(not refusal)
        self.cancel = Button("Close")
        layout = column(spacing=GRID + 4, margins=(3 * GRID, 2 * GRID + 4, 3 * GRID, 2 * GRID + 4))
        layout.addWidget(Words(f"Images kept of {collected.plot_type}", HEADING, QFont.Weight.DemiBold, wrap=True))
        layout.addWidget(Words(_EXPLAINED, tone=Tone.MUTED, wrap=True))
        reasons = [f"{number(count)} because {REASON_WORDS[reason]}" for reason, count in collected.by_reason]
        layout.addWidget(Words("\n".join([kept_sentence(collected), *reasons]), wrap=True))
        layout.addLayout(row(Words("Random sample"), self.percent, 1))
        if refusal:
            layout.addWidget(Words(refusal, tone=Tone.WARNING, wrap=True))
        layout.addLayout(row(1, self.cancel, self.save))
        self.setLayout(layout)
        self.setMinimumWidth(58 * GRID)
        self.save.setDefault(True)
        self.save.clicked.connect(self._confirm)
        self.cancel.clicked.connect(self.reject)

    def _confirm(self) -> None:
        self.confirmed.emit(self.percent.value())
        self.accept()
