"""Python's cyclic garbage is collected on the window's thread only.

Qt objects must be destroyed where they live. Python's own collector runs in whichever thread happens to allocate:
beside the engine's threads that ends, sooner or later, with a timer or a widget destroyed in the wrong one, and the
program with it. Reference counting is not touched: what is in no cycle goes at once, as ever.
"""

from __future__ import annotations

import gc
import time

from PySide6.QtCore import QObject, QTimer, Slot

_TICK_MS = 100
_FULL_EVERY_S = 20.0
"""Between two walks over everything that has come up since the first view was shown."""


class GarbageCollector(QObject):
    """Takes the place of Python's from `start` to `stop`; both on the thread of the window."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._full_at = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self.collect)

    def start(self) -> None:
        """From now on no other thread collects."""
        gc.disable()
        self._full_at = time.monotonic() + _FULL_EVERY_S
        self._timer.start()

    def stop(self) -> None:
        """Collect once more, and leave it to Python again."""
        self._timer.stop()
        gc.collect()
        gc.enable()

    @Slot()
    def collect(self) -> None:
        """Collect the generations whose thresholds are passed, as Python would have; the oldest at intervals."""
        (young, middle, _), (enough, often, _) = gc.get_count(), gc.get_threshold()
        if young <= enough:
            return
        if time.monotonic() >= self._full_at:
            self._full_at = time.monotonic() + _FULL_EVERY_S
            gc.collect()
        else:
            gc.collect(1 if middle > often else 0)
