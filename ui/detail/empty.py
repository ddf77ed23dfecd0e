"""What the detail pane says while nothing is selected."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from ui.theme.apply import theme_of
from ui.theme.fonts import font, semibold
from ui.theme.icons import paint_icon
from ui.theme.tokens import BODY, GRID, HEADING

TITLE = "Nothing selected"
HINT = "Choose a plot to see it large, with its heat map, scores and history."

_ICON = 5 * GRID


class EmptyDetail(QWidget):
    """An icon and two lines in the middle."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(f"{TITLE}. {HINT}")

    @override
    def sizeHint(self) -> QSize:
        return QSize(40 * GRID, 40 * GRID)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        x, y = self.width() / 2, self.height() * 0.4
        paint_icon(painter, "plot", QRectF(x - _ICON / 2, y - _ICON - GRID, _ICON, _ICON), theme.field_line)
        painter.setPen(QColor(theme.text))
        painter.setFont(semibold(HEADING))
        painter.drawText(QRectF(0, y, self.width(), 3 * GRID), Qt.AlignmentFlag.AlignCenter, TITLE)
        painter.setPen(QColor(theme.muted))
        painter.setFont(font(BODY))
        words = QRectF(5 * GRID, y + 3.5 * GRID, self.width() - 10 * GRID, 8 * GRID)
        painter.drawText(words, Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap, HINT)
        painter.end()
