"""Where a brush has been: the rows between two positions of the pointer, so that a quick stroke misses none."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QPoint

_STEP = 24
"""Pixels between two looks along a stroke: less than half of the smallest tile."""


class Stroke:
    """One press of the button, from its first tile on. Every row is told once."""

    def __init__(self, row_at: Callable[[QPoint], int]) -> None:
        self._row_at = row_at
        self._last: QPoint | None = None
        self._rows: dict[int, None] = {}

    @property
    def rows(self) -> tuple[int, ...]:
        """All rows so far, in the order in which they were met."""
        return tuple(self._rows)

    def move(self, at: QPoint) -> list[int]:
        """Go on to `at` (in the coordinates of the content); returns the rows newly met."""
        met = []
        for point in _between(self._last or at, at):
            row = self._row_at(point)
            if row >= 0 and row not in self._rows:
                self._rows[row] = None
                met.append(row)
        self._last = at
        return met


def _between(start: QPoint, end: QPoint) -> Iterator[QPoint]:
    way = end - start
    steps = max(1, -(-way.manhattanLength() // _STEP))
    for step in range(1, steps + 1):
        yield QPoint(start.x() + way.x() * step // steps, start.y() + way.y() * step // steps)
