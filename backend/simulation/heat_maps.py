"""Heat maps: two-dimensional plots of one or more panels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from backend.simulation.arrays import BoolArray, FloatArray
from backend.simulation.cells import CellMap, cell_map
from backend.simulation.figures import Box, Caption, box_of, statistics_box, write_caption
from backend.simulation.frames import Frame, Size, frames
from backend.simulation.painting import paint_axes, paint_colour_bar, paint_map
from backend.simulation.ticks import Axis


@dataclass(frozen=True, slots=True)
class HeatMapFigure:
    """`rows` x `columns` panels of the same cells, each with a colour bar of its own.

    `zeros` paints empty cells in the palette's lowest colour instead of leaving them white; `box` shows the
    number of entries; `square` keeps x and y to the same scale.
    """

    cells: CellMap
    x: Axis
    y: Axis
    colours: str
    rows: int = 1
    columns: int = 1
    log: bool = False
    zeros: bool = False
    square: bool = False
    box: bool = True
    titles: tuple[str, ...] = ()

    def paint(self, image: Image.Image, counts: FloatArray, caption: Caption, *, axes: bool) -> None:
        """See `Figure.paint`."""
        for number, frame in enumerate(self._frames(image.size)):
            values, z = counts[number].ravel(), self._z(counts[number])
            index = cell_map(self.cells, frame.width, frame.height)
            if values.any() or self.zeros:
                paint_map(image, frame, index, values, z, self.colours, zeros=self.zeros)
            if values.any():
                paint_colour_bar(image, frame, z, self.colours)
            paint_axes(image, frame, self.x, self.y, self.titles[number] if self.titles else "", labels=axes)
            if self.box:
                statistics_box(image, frame, caption.name, [("Entries", f"{counts[number].sum():.0f}")])
        write_caption(image, caption)

    def boxes(self, affected: BoolArray, size: Size) -> list[Box]:
        """See `Figure.boxes`."""
        found = []
        for number, frame in enumerate(self._frames(size)):
            flat = np.append(affected[number].ravel(), False)
            found.append(box_of(flat[cell_map(self.cells, frame.width, frame.height)], frame))
        return [box for box in found if box]

    def _frames(self, size: Size) -> tuple[Frame, ...]:
        return frames(size, self.rows, self.columns, bar=True, square=self.square)

    def _z(self, values: FloatArray) -> Axis:
        highest = max(float(values.max()), 1.0)
        if self.log:
            lowest = float(values[values > 0].min()) if values.any() else 1.0
            return Axis("", max(0.5, lowest * 0.8), highest * 1.3, log=True)
        return Axis("", 0.0, highest)
