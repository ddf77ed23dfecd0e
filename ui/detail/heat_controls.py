"""Heat map on or off, and how strong."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QSlider, QWidget

from ui.theme.tokens import GRID
from ui.widgets.buttons import Button
from ui.widgets.frames import row
from ui.widgets.tone import Tone
from ui.widgets.words import Words
from ui.wording import NARROW

_USUAL = 60
_TIP = "Where the model looked"
_WIDEST = f"100{NARROW}%"


class HeatControls(QWidget):
    """A toggle and a slider. `opacity` is 0 while the heat map is off."""

    opacity_changed = Signal(float)
    """Opacity to paint with, 0 to 1; 0 when switched off."""
    toggled = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.toggle = Button("Heat map", key="H", tip=_TIP)
        self.toggle.setCheckable(True)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(5, 100)
        self.slider.setPageStep(10)
        self.slider.setAccessibleName("Opacity of the heat map")
        self.slider.setToolTip("Opacity of the heat map")
        self.value = Words(tone=Tone.MUTED)
        self.value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.value.setFixedWidth(self.value.fontMetrics().horizontalAdvance(_WIDEST) + 2)
        layout = row(self.toggle, spacing=GRID + 4)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.value)
        self.setLayout(layout)
        self.toggle.toggled.connect(self._switch)
        self.slider.valueChanged.connect(self._slide)
        self.slider.setValue(_USUAL)

    @property
    def opacity(self) -> float:
        """Opacity in force, 0 to 1."""
        return self.slider.value() / 100 if self.toggle.isChecked() else 0.0

    def allow(self, allowed: bool, why_not: str = "") -> None:
        """Whether there is a heat map to show; `why_not` is said where there is none."""
        self.setEnabled(allowed)
        self.toggle.explain(_TIP if allowed or not why_not else why_not)

    def set_on(self, on: bool) -> None:
        """Switch on or off without a click; says so with `opacity_changed` where it changes something."""
        self.toggle.setChecked(on)

    def set_strength(self, opacity: float) -> None:
        """Set the slider, 0 to 1."""
        self.slider.setValue(round(opacity * 100))

    @Slot(bool)
    def _switch(self, on: bool) -> None:
        self.slider.setEnabled(on)
        self.toggled.emit(on)
        self.opacity_changed.emit(self.opacity)

    @Slot(int)
    def _slide(self, value: int) -> None:
        self.value.say(f"{value}{NARROW}%")
        if self.toggle.isChecked():
            self.opacity_changed.emit(self.opacity)
