"""Choosers of the side pane: one line of many, with a note behind each."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QSizePolicy, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget
from typing_extensions import override

from ui.grid.delegate import Index
from ui.labelling.values import Choice
from ui.theme.apply import theme_of
from ui.theme.fonts import font
from ui.theme.icons import paint_icon
from ui.theme.tokens import BODY, GRID, SMALL

_LINE = 4 * GRID
_NOTE = Qt.ItemDataRole.UserRole + 1
_MOST_LINES = 24
_ARROW = 14


class _LineDelegate(QStyledItemDelegate):
    """Words on the left, the note small on the right."""

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(option.rect.width(), _LINE)

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        widget = option.widget
        theme = theme_of(widget if isinstance(widget, QWidget) else QWidget())
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.fillRect(option.rect, QColor(theme.selection if chosen else theme.surface))
        box = option.rect.adjusted(12, 0, -12, 0)
        painter.setFont(font(SMALL))
        painter.setPen(QColor(theme.muted))
        note = str(index.data(_NOTE) or "")
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, note)
        room = box.width() - painter.fontMetrics().horizontalAdvance(note) - GRID
        painter.setFont(font(BODY))
        painter.setPen(QColor(theme.text))
        words = painter.fontMetrics().elidedText(str(index.data() or ""), Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, words)


class Chooser(QComboBox):
    """Shows the choices it is given and tells the value of the one a person takes."""

    chosen = Signal(object)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._choices: tuple[Choice, ...] = ()
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.view().setAccessibleName(name)
        self.setItemDelegate(_LineDelegate(self))
        self.setMaxVisibleItems(_MOST_LINES)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumContentsLength(6)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.activated.connect(self._tell)

    def offer(self, choices: Sequence[Choice]) -> None:
        """Show these choices; the one chosen before stays chosen where it is still there."""
        if tuple(choices) == self._choices:
            return
        before = self.value
        self._choices = tuple(choices)
        self.clear()
        for place, choice in enumerate(self._choices):
            self.addItem(choice.words)
            self.setItemData(place, choice.note, _NOTE)
        self.show_value(before)

    @property
    def value(self) -> object:
        """What is chosen; None where nothing is."""
        place = self.currentIndex()
        return self._choices[place].value if 0 <= place < len(self._choices) else None

    def show_value(self, value: object) -> None:
        """Mark a choice, without telling."""
        places = [place for place, choice in enumerate(self._choices) if choice.value == value]
        self.setCurrentIndex(places[0] if places else -1)

    def _tell(self, place: int) -> None:
        self.chosen.emit(self._choices[place].value)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        """The field in the house style, with an arrow of our own."""
        super().paintEvent(event)
        painter = QPainter(self)
        box = self.rect().adjusted(0, 0, -10, 0)
        top = (self.height() - _ARROW) // 2
        ink = theme_of(self).text if self.isEnabled() else theme_of(self).muted
        paint_icon(painter, "chevron-down", box.adjusted(box.width() - _ARROW, top, 0, -top).toRectF(), ink)
        painter.end()
