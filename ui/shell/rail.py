"""The navigation rail: one entry per screen that works."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QKeySequence, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QVBoxLayout
from typing_extensions import override

from ui.shell.screen import Screen
from ui.theme.apply import theme_of
from ui.theme.fonts import font, semibold
from ui.theme.icons import paint_icon
from ui.theme.tokens import GRID, RADIUS, SMALL, Theme
from ui.widgets.frames import Pane

RAIL_WIDTH = 11 * GRID
_BUTTON_HEIGHT = 8 * GRID
_ICON = 22
_BADGE = 18


class RailButton(QAbstractButton):
    """Icon over title; the chosen one in the accent with a bar at the edge.

    Not in a button group: of an exclusive one Tab would reach the chosen entry only.
    """

    chosen = Signal(str)

    def __init__(self, screen: Screen, key: str) -> None:
        super().__init__()
        self.key, self._icon_name = screen.key, screen.icon
        self.clicked.connect(self._choose)
        self.setText(screen.title)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName(screen.title)
        self.setToolTip(f"{screen.title}  ({QKeySequence(key).toString()})")
        self.setFixedSize(RAIL_WIDTH, _BUTTON_HEIGHT)
        self._count = 0

    def show_count(self, count: int) -> None:
        """A badge with a number on the icon; 0 takes it away."""
        if count != self._count:
            self._count = count
            self.setAccessibleName(f"{self.text()}, {count}" if count else self.text())
            self.update()

    @Slot()
    def _choose(self) -> None:
        self.chosen.emit(self.key)

    @override
    def sizeHint(self) -> QSize:
        return QSize(RAIL_WIDTH, _BUTTON_HEIGHT)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        ink = theme.accent if self.isChecked() else theme.text if self.underMouse() else theme.muted
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter, theme)
        paint_icon(painter, self._icon_name, QRectF((self.width() - _ICON) / 2, 10, _ICON, _ICON), ink)
        painter.setPen(QColor(ink))
        painter.setFont(semibold(SMALL) if self.isChecked() else font(SMALL))
        painter.drawText(QRectF(0, 36, self.width(), 18), Qt.AlignmentFlag.AlignCenter, self.text())
        if self._count:
            self._paint_badge(painter, theme)
        painter.end()

    def _paint_badge(self, painter: QPainter, theme: Theme) -> None:
        words = str(self._count) if self._count < 1000 else "999+"
        width = max(_BADGE, painter.fontMetrics().horizontalAdvance(words) + GRID)
        box = QRectF(self.width() / 2 + 4, 4, width, _BADGE)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.blind_ground))
        painter.drawRoundedRect(box, _BADGE / 2, _BADGE / 2)
        painter.setPen(QColor(theme.on_blind))
        painter.setFont(semibold(SMALL))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)

    def _paint_ground(self, painter: QPainter, theme: Theme) -> None:
        inner = QRectF(self.rect()).adjusted(GRID, 2, -GRID, -2)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.underMouse() and not self.isChecked():
            painter.setBrush(QColor(theme.hover))
            painter.drawRoundedRect(inner, RADIUS, RADIUS)
        if self.isChecked():
            painter.setBrush(QColor(theme.accent))
            painter.drawRoundedRect(QRectF(-3, 10, 6, self.height() - 20), 3, 3)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawRoundedRect(inner.adjusted(1, 1, -1, -1), RADIUS, RADIUS)


class NavigationRail(Pane):
    """Buttons of all screens, one below the other; Ctrl+1… go to them."""

    screen_chosen = Signal(str)

    def __init__(self, screens: Sequence[Screen]) -> None:
        super().__init__()
        self.setFixedWidth(RAIL_WIDTH)
        self._buttons = tuple(RailButton(screen, f"Ctrl+{i + 1}") for i, screen in enumerate(screens))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, GRID, 0, GRID)
        layout.setSpacing(0)
        for button in self._buttons:
            button.chosen.connect(self.screen_chosen)
            layout.addWidget(button)
        layout.addStretch(1)

    @property
    def buttons(self) -> tuple[RailButton, ...]:
        """The entries from top to bottom."""
        return self._buttons

    def show_count(self, key: str, count: int) -> None:
        """A badge with a number on the entry of a screen; 0 takes it away."""
        for button in self._buttons:
            if button.key == key:
                button.show_count(count)

    def show_chosen(self, key: str) -> None:
        """Mark the entry of the screen that is open."""
        for button in self._buttons:
            button.setChecked(button.key == key)
