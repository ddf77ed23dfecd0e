"""A key of the palette, alive wherever the focus is on the screen."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget


class ClassKey(QShortcut):
    """A key of the palette."""

    pressed = Signal(str)

    def __init__(self, key: str, name: str, host: QWidget) -> None:
        super().__init__(QKeySequence(key), host)
        self._name = name
        self.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.setAutoRepeat(False)  # a key that is held down must not label one plot after the other
        self.activated.connect(self._press)

    def _press(self) -> None:
        self.pressed.emit(self._name)
