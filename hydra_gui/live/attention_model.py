"""The attention pane's rows: what alarms or is a confirmed warning, worst first, and calm under a pointer."""

from __future__ import annotations

from itertools import count

from PySide6.QtCore import QObject, Signal

from backend.domain.classifications import Severity
from hydra_gui.live.tile_book import Changes, TileBook
from hydra_gui.live.tile_images import TileImages
from hydra_gui.live.tile_model import TileModel


class AttentionModel(TileModel):
    """Sorted by severity, and among equals by the time the problem began, so that what stands there stays there.

    A hidden plot that alarms is shown here all the same: hiding tidies the grid, it does not silence. While a
    pointer is at work over the pane, new problems are added at the end and nothing else moves; what is well again
    stays, with its new verdict, until the pointer has left.
    """

    count_changed = Signal(int)
    """How many plots need attention now."""

    def __init__(self, book: TileBook, images: TileImages, parent: QObject | None = None) -> None:
        super().__init__(book, images, "attention", parent)
        self._needing: dict[str, tuple[Severity, int]] = {}
        self._begun = count()
        self._held = False

    @property
    def count(self) -> int:
        """How many plots need attention now; while a pointer is held fewer than there are rows, perhaps."""
        return len(self._needing)

    def hold(self, held: bool) -> None:
        """A pointer came to work over the pane, or left it."""
        self._held = held
        if not held:
            self._show(self._worst_first())

    def apply(self, changes: Changes) -> None:
        """Follow the book."""
        before = len(self._needing)
        changed = [name for name in (*changes.new, *changes.changed) if self._note(name)]
        if changed:
            self._show(self._calm() if self._held else self._worst_first())
        self.touch(changes.changed)
        if len(self._needing) != before:
            self.count_changed.emit(len(self._needing))

    def _note(self, name: str) -> bool:
        """Keep book of one plot type; True where its place may be another now."""
        verdict = self._book[name].tile.verdict
        had = self._needing.get(name)
        if verdict is None or not verdict.needs_attention:
            return self._needing.pop(name, None) is not None
        if had is not None and had[0] is verdict.severity:
            return False
        self._needing[name] = (verdict.severity, next(self._begun))
        return True

    def _worst_first(self) -> list[str]:
        return sorted(self._needing, key=lambda name: (-self._needing[name][0], self._needing[name][1]))

    def _calm(self) -> list[str]:
        there = self.names()
        return [*there, *(name for name in self._worst_first() if name not in set(there))]
