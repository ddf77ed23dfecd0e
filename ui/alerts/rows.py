"""How one alert is drawn in a list: two lines, a symbol, a bar where somebody has to do something."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget
from typing_extensions import override

from backend.domain.alerts import Alert
from ui.alerts.wording import SYMBOLS, facts, name, problem, since, standing
from ui.theme.apply import theme_of
from ui.theme.fonts import font, semibold
from ui.theme.symbols import paint_symbol
from ui.theme.tokens import BODY, GRID, LINE, LINE_ALARM, SMALL, Theme

ALERT_ROLE = Qt.ItemDataRole.UserRole + 40
"""A model serves the `Alert` of a row in this role."""

ROW_HEIGHT = 7 * GRID
_SYMBOL = 14
_LEFT = 6 * GRID
_TOP, _SECOND = 10, 30

Index = QModelIndex | QPersistentModelIndex


class AlertDelegate(QStyledItemDelegate):
    """Paints rows; `now` tells the time (UTC), from which ages follow."""

    def __init__(self, now: Callable[[], datetime], parent: QWidget) -> None:
        super().__init__(parent)
        self._now, self._view = now, parent

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(30 * GRID, ROW_HEIGHT)

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        alert = index.data(ALERT_ROLE)
        if not isinstance(alert, Alert):
            return
        theme = theme_of(self._view)
        rect = QRect(option.rect)
        state = option.state
        painter.save()
        self._ground(painter, rect, state, theme, alert)
        self._words(painter, rect, theme, alert)
        painter.restore()

    def _ground(self, painter: QPainter, rect: QRect, state: QStyle.StateFlag, theme: Theme, alert: Alert) -> None:
        selected = bool(state & QStyle.StateFlag.State_Selected)
        over = bool(state & QStyle.StateFlag.State_MouseOver)
        painter.fillRect(rect, QColor(theme.selection if selected else theme.hover if over else theme.surface))
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), LINE, QColor(theme.line))
        if alert.waits:
            colours = theme.severity(alert.evidence.severity)
            painter.fillRect(rect.left(), rect.top(), LINE_ALARM, rect.height() - LINE, QColor(colours.line))
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(theme.accent), 1))
            painter.drawRect(rect.adjusted(LINE_ALARM, 1, -2, -3))

    def _words(self, painter: QPainter, rect: QRect, theme: Theme, alert: Alert) -> None:
        ink = theme.severity(alert.evidence.severity).text if alert.waits else theme.muted
        box = QRectF(rect.left() + 2 * GRID, rect.top() + _TOP + 2, _SYMBOL, _SYMBOL)
        paint_symbol(painter, SYMBOLS[alert.evidence.severity], box, ink)
        now = self._now()
        right = rect.right() - 2 * GRID
        used = self._right(painter, right, rect.top() + _TOP, since(alert, now), font(BODY), theme.text)
        edge = right - used - 2 * GRID
        left = rect.left() + _LEFT
        left += self._left(painter, left, edge, rect.top() + _TOP, name(alert), semibold(), theme.text) + 6
        self._left(painter, left, edge, rect.top() + _TOP, problem(alert), semibold(), ink)
        half = rect.left() + _LEFT + (rect.width() - _LEFT) // 2
        used = self._right(painter, right, rect.top() + _SECOND, standing(alert, now), font(SMALL), theme.muted, half)
        edge = right - used - 2 * GRID
        self._left(painter, rect.left() + _LEFT, edge, rect.top() + _SECOND, facts(alert), font(SMALL), theme.muted)

    @staticmethod
    def _left(painter: QPainter, left: int, edge: int, top: int, text: str, face: QFont, ink: str) -> int:
        """Draw up to `edge`; returns the width used."""
        metrics = QFontMetrics(face)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0, edge - left))
        painter.setFont(face)
        painter.setPen(QColor(ink))
        painter.drawText(left, top + metrics.ascent(), shown)
        return metrics.horizontalAdvance(shown)

    @staticmethod
    def _right(painter: QPainter, right: int, top: int, text: str, face: QFont, ink: str, edge: int = 0) -> int:
        """Draw right-aligned, not beyond `edge`; returns the width used."""
        metrics = QFontMetrics(face)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0, right - edge))
        width = metrics.horizontalAdvance(shown)
        painter.setFont(face)
        painter.setPen(QColor(ink))
        painter.drawText(right - width, top + metrics.ascent(), shown)
        return width
