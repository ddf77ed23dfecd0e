"""Making faulty variants of a good plot: mark where, choose what, see it at once, say how many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QImage
from PySide6.QtWidgets import QButtonGroup, QDialog, QSlider, QSpinBox, QVBoxLayout, QWidget

from backend.domain.synthetic import MOST_VARIANTS, FaultKind, FaultRecipe
from ui.labelling.choosers import Chooser
from ui.labelling.fault_canvas import FaultCanvas
from ui.labelling.values import Choice
from ui.theme.tokens import BODY, GRID, HEADING
from ui.widgets.buttons import Button
from ui.widgets.frames import column, row
from ui.widgets.tone import Tone
from ui.widgets.words import Words
from ui.wording import class_title

KINDS = {
    FaultKind.DEAD: "Dead: nothing is seen there",
    FaultKind.HOT: "Hot: far too much is seen there",
    FaultKind.NOISY: "Noisy: entries at random",
    FaultKind.SHIFTED: "Shifted to the right",
    FaultKind.SCALED: "Scaled down",
    FaultKind.MISSING_AXIS: "Missing axis and figures",
    FaultKind.PAINT: "Painted over",
}
_PAINTS = (("White", "#ffffff"), ("Black", "#000000"), ("Grey", "#808080"), ("Red", "#d55e00"), ("Blue", "#0072b2"))
_EXPLAINED = "Variants are stored as synthetic: models learn from them and are never judged by them."


@dataclass(frozen=True, slots=True)
class FaultWish:
    """What a person wants made: `count` variants, on `others` more good plots besides this one."""

    recipe: FaultRecipe
    label: str
    count: int
    others: int


class FaultDialog(QDialog):
    """Opened with `open`; stays until a person closes it, so that several faults can be made of one plot."""

    recipe_changed = Signal(object)
    confirmed = Signal(object)
    """`FaultWish`."""

    def __init__(self, title: str, classes: Sequence[str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Make faulty variants")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.canvas = FaultCanvas()
        self.kinds, self.paints, self.classes = Chooser("What is wrong"), Chooser("Colour"), Chooser("Label with")
        self.kinds.offer([Choice(kind, words) for kind, words in KINDS.items()])
        self.kinds.show_value(FaultKind.DEAD)
        self.paints.offer([Choice(colour, name) for name, colour in _PAINTS])
        self.paints.show_value(_PAINTS[0][1])
        self.classes.offer([Choice(name, class_title(name)) for name in classes])
        self.strength = QSlider(Qt.Orientation.Horizontal)
        self.strength.setRange(5, 100)
        self.strength.setValue(80)
        self.strength.setAccessibleName("Strength in percent")
        self.count, self.others = (
            _number("Variants", 1, MOST_VARIANTS, 20),
            _number("On so many further good plots", 0, 200, 10),
        )
        self.rectangle, self.polygon = Button("Rectangle", kind="chip"), Button("Polygon", kind="chip")
        self._busy = False
        self.state = Words(tone=Tone.MUTED, wrap=True)
        self.make, self.close_button = Button("Make variants", kind="primary"), Button("Close")
        self._lay_out(title)
        self._connect()
        self._show_paint()
        self._check()

    def _lay_out(self, title: str) -> None:
        group = QButtonGroup(self)
        for button, tip in ((self.rectangle, "Drag over the plot"), (self.polygon, "Click corners, double-click ends")):
            button.setCheckable(True)
            button.explain(tip)
            group.addButton(button)
        self.rectangle.setChecked(True)
        right = QVBoxLayout()
        right.setSpacing(GRID)
        for item in (
            Words(title, HEADING, QFont.Weight.DemiBold, wrap=True), Words(_EXPLAINED, tone=Tone.MUTED, wrap=True),
            self.kinds, self.paints, _caption("Strength"), self.strength, _caption("Label variants with"), self.classes,
        ):  # fmt: skip
            right.addWidget(item)
        right.addLayout(row(self.rectangle, self.polygon, 1))
        right.addLayout(row(Words("Variants"), self.count, 1, Words("further plots"), self.others))
        right.addWidget(self.state)
        right.addStretch(1)
        right.addLayout(row(1, self.close_button, self.make))
        whole = row(self.canvas, spacing=2 * GRID, margins=(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID))
        holder = QWidget()
        holder.setLayout(right)
        holder.setFixedWidth(42 * GRID)
        whole.addWidget(holder)
        whole.setStretch(0, 1)
        outer = column(spacing=0)
        outer.addLayout(whole)
        self.setLayout(outer)
        self.resize(130 * GRID, 72 * GRID)

    def _connect(self) -> None:
        for chooser in (self.kinds, self.paints, self.classes):
            chooser.chosen.connect(self._tell)
        self.strength.valueChanged.connect(self._tell)
        self.canvas.region_changed.connect(self._tell)
        self.rectangle.clicked.connect(self._choose_shape)
        self.polygon.clicked.connect(self._choose_shape)
        self.make.clicked.connect(self._confirm)
        self.close_button.clicked.connect(self.reject)

    @property
    def recipe(self) -> FaultRecipe:
        """What is chosen now."""
        kind, colour = self.kinds.value, self.paints.value
        return FaultRecipe(
            kind if isinstance(kind, FaultKind) else FaultKind.DEAD,
            self.canvas.corners,
            self.strength.value() / 100,
            str(colour or _PAINTS[0][1]),
        )

    def show_image(self, image: QImage) -> None:
        """The plot with the fault as it is chosen now."""
        self.canvas.show_image(image)

    def say(self, words: str, *, busy: bool = False) -> None:
        """How far the making is, or what came of it."""
        self.state.say(words)
        self._busy = busy
        self._check()

    def _choose_shape(self) -> None:
        self.canvas.use_polygon(self.polygon.isChecked())

    def _show_paint(self) -> None:
        self.paints.setVisible(self.kinds.value is FaultKind.PAINT)

    def _check(self) -> None:
        self.make.setEnabled(bool(self.classes.value) and not self._busy)

    def _tell(self, _value: object = None) -> None:
        self._show_paint()
        self._check()
        self.recipe_changed.emit(self.recipe)

    def _confirm(self) -> None:
        self.confirmed.emit(FaultWish(self.recipe, str(self.classes.value), self.count.value(), self.others.value()))


def _caption(text: str) -> Words:
    return Words(text, BODY, tone=Tone.MUTED)


def _number(name: str, least: int, most: int, value: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(least, most)
    box.setValue(value)
    box.setAccessibleName(name)
    box.setMinimumSize(10 * GRID, 4 * GRID)
    return box
