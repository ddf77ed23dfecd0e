"""Whether somebody's pointer is at work over a view: as long as it is, nothing may move below it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget
from typing_extensions import override

RESTING_MS = 10_000
"""A pointer that has not moved for so long was left lying there; it holds nothing any more."""

_MOVES = {
    QEvent.Type.HoverEnter, QEvent.Type.HoverMove, QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove,
    QEvent.Type.Wheel,
}  # fmt: skip
_ENDS = {QEvent.Type.Leave, QEvent.Type.HoverLeave, QEvent.Type.Hide}


class PointerWatch(QObject):
    """Watches the pointer over one widget."""

    held_changed = Signal(bool)
    """True when the pointer comes or moves again, False when it leaves or rests."""

    def __init__(self, widget: QWidget, resting_ms: int = RESTING_MS) -> None:
        super().__init__(widget)
        self._held = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(resting_ms)
        self._rest.timeout.connect(self._release)
        widget.setAttribute(Qt.WidgetAttribute.WA_Hover)
        widget.installEventFilter(self)

    @property
    def held(self) -> bool:
        """Whether the pointer is over the widget and was moved lately."""
        return self._held

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Listen, never consume."""
        kind = event.type()
        if kind in _MOVES:
            self._rest.start()
            self._set(True)
        elif kind in _ENDS:
            self._release()
        return False

    def _release(self) -> None:
        self._rest.stop()
        self._set(False)

    def _set(self, held: bool) -> None:
        if held != self._held:
            self._held = held
            self.held_changed.emit(held)
