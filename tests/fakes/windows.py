"""What tests of widgets share: the widgets one can act on, and images to show."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QWidget,
)

_ACTIVE = (QAbstractButton, QAbstractItemView, QAbstractSlider, QLineEdit, QPlainTextEdit)


def interactive(root: QWidget) -> list[QWidget]:
    """Everything below `root` that a person can act on: known controls and whatever takes the focus by Tab."""
    found = []
    for widget in root.findChildren(QWidget):
        own = isinstance(widget, _ACTIVE) and not isinstance(widget, QScrollBar)
        tabbed = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        internal = widget.objectName().startswith("qt_") or _is_part_of_a_table(widget)
        if (own or tabbed) and not internal:
            found.append(widget)
    return found


def _is_part_of_a_table(widget: QWidget) -> bool:
    """Headers, viewports and corner buttons belong to their view, which carries the name."""
    parent = widget.parentWidget()
    return isinstance(parent, QAbstractItemView) and not isinstance(widget, QLineEdit)


def picture(width: int = 400, height: int = 300, colour: int = 0xFF3366AA) -> QImage:
    """An image of one colour."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(colour)
    return image


def pixels(image: QImage) -> np.ndarray:
    """uint8 (h, w, 4): blue, green, red, alpha."""
    plain = image.convertToFormat(QImage.Format.Format_ARGB32)
    return np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.width(), 4).copy()
