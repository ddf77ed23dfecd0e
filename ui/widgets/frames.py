"""Grounds and lines: panes, thin rules, rounded cards. Their colours come from the palette, so they follow it."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from ui.theme.apply import theme_of
from ui.theme.tokens import LINE, RADIUS


class Pane(QWidget):
    """A plain area in the colour of a surface."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)


class Rule(QWidget):
    """A line of one pixel, along `orientation`."""

    def __init__(self, orientation: Qt.Orientation = Qt.Orientation.Horizontal) -> None:
        super().__init__()
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Mid)
        if orientation is Qt.Orientation.Horizontal:
            self.setFixedHeight(LINE)
        else:
            self.setFixedWidth(LINE)


class Card(QWidget):
    """A rounded surface with a thin line around it."""

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.line), LINE))
        painter.setBrush(QColor(theme.surface))
        half = LINE / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), RADIUS, RADIUS)
        painter.end()


def row(*items: QWidget | int, spacing: int = 8, margins: tuple[int, int, int, int] = (0, 0, 0, 0)) -> QHBoxLayout:
    """Widgets side by side; a number is a stretch of that weight."""
    return _filled(QHBoxLayout(), items, spacing, margins)


def column(*items: QWidget | int, spacing: int = 8, margins: tuple[int, int, int, int] = (0, 0, 0, 0)) -> QVBoxLayout:
    """Widgets one below the other; a number is a stretch of that weight."""
    return _filled(QVBoxLayout(), items, spacing, margins)


_Box = TypeVar("_Box", bound=QBoxLayout)
_Margins = tuple[int, int, int, int]


def _filled(layout: _Box, items: tuple[QWidget | int, ...], spacing: int, margins: _Margins) -> _Box:
    layout.setSpacing(spacing)
    layout.setContentsMargins(*margins)
    for item in items:
        if isinstance(item, int):
            layout.addStretch(item)
        else:
            layout.addWidget(item)
    return layout
