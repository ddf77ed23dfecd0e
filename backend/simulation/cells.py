"""Cell maps: which detector cell each pixel of a frame shows. Row 0 of a map is the top of the frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from backend.simulation.arrays import IntArray

CellMap = Callable[[int, int], IntArray]
"""(width, height) in pixels → cell numbers of shape (height, width), -1 where no cell is drawn."""


@dataclass(frozen=True, slots=True)
class Grid:
    """`rows` x `columns` cells filling the frame; cell 0 is at the bottom left, numbers run along rows."""

    rows: int
    columns: int

    def __call__(self, width: int, height: int) -> IntArray:
        """The map of a frame of this size."""
        column = np.arange(width) * self.columns // width
        row = (height - 1 - np.arange(height)) * self.rows // height
        cells: IntArray = row[:, None] * self.columns + column[None, :]
        return cells


@dataclass(frozen=True, slots=True)
class Rings:
    """Concentric rings of cells; ring radii run from `inner` to `outer` in units of half the frame's width."""

    cells_per_ring: tuple[int, ...]
    inner: float
    outer: float

    def __call__(self, width: int, height: int) -> IntArray:
        """The map of a frame of this size."""
        x = (np.arange(width) + 0.5) / width * 2 - 1
        y = 1 - (np.arange(height) + 0.5) / height * 2
        radius, angle = np.hypot(x[None, :], y[:, None]), np.arctan2(y[:, None], x[None, :]) % (2 * np.pi)
        counts = np.array(self.cells_per_ring)
        ring = np.floor((radius - self.inner) / (self.outer - self.inner) * len(counts)).astype(np.intp)
        inside = (ring >= 0) & (ring < len(counts))
        ring = np.clip(ring, 0, len(counts) - 1)
        number = np.minimum((angle / (2 * np.pi) * counts[ring]).astype(np.intp), counts[ring] - 1)
        first = np.concatenate(([0], np.cumsum(counts)[:-1]))
        return np.where(inside, first[ring] + number, -1)


@dataclass(frozen=True, slots=True)
class Masked:
    """A grid of which only some cells exist. `kept` holds the numbers of those, in the order of their new numbers."""

    grid: Grid
    kept: tuple[int, ...]

    def __call__(self, width: int, height: int) -> IntArray:
        """The map of a frame of this size."""
        numbers = np.full(self.grid.rows * self.grid.columns, -1, np.intp)
        numbers[list(self.kept)] = np.arange(len(self.kept))
        return numbers[self.grid(width, height)]


@dataclass(frozen=True, slots=True)
class TileRows:
    """Rows of square tiles, centred, the lowest first; every tile has `side` x `side` cells and a thin gap around."""

    tiles_per_row: tuple[int, ...]
    side: int

    def __call__(self, width: int, height: int) -> IntArray:
        """The map of a frame of this size."""
        cells = np.full((height, width), -1, np.intp)
        pitch_x, pitch_y = width / (max(self.tiles_per_row) + 1), height / (len(self.tiles_per_row) + 1)
        tile = 0
        for row, count in enumerate(self.tiles_per_row):
            bottom = height - (row + 0.5) * pitch_y
            for column in range(count):
                left = width / 2 + (column - count / 2) * pitch_x
                self._fill(cells, tile, (left, bottom - pitch_y, left + pitch_x, bottom))
                tile += 1
        return cells

    def _fill(self, cells: IntArray, tile: int, box: tuple[float, float, float, float]) -> None:
        left, top, right, bottom = (round(edge) for edge in box)
        inside = Grid(self.side, self.side)(max(right - left - 1, 1), max(bottom - top - 1, 1))
        cells[top + 1 : top + 1 + inside.shape[0], left + 1 : left + 1 + inside.shape[1]] = tile * self.side**2 + inside


@lru_cache(maxsize=256)
def cell_map(cells: CellMap, width: int, height: int) -> IntArray:
    """The cells of a frame, computed once per size; read-only."""
    made = cells(width, height)
    made.setflags(write=False)
    return made
