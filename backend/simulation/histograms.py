"""Histograms: one-dimensional plots of one or more panels, as bars, lines or points."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from PIL import Image

from backend.simulation.arrays import BoolArray, FloatArray
from backend.simulation.figures import Box, Caption, moments, statistics_box, write_caption
from backend.simulation.frames import Frame, Size, frames
from backend.simulation.lettering import Colour
from backend.simulation.painting import paint_axes, paint_bars, paint_line, paint_points
from backend.simulation.ticks import Axis


class Style(Enum):
    """How a bin is drawn."""

    FILLED = "filled with an outline"
    BARS = "separate bars"
    LINE = "outline alone"
    POINTS = "dots with error bars"


@dataclass(frozen=True, slots=True)
class HistogramFigure:
    """`rows` x `columns` panels with common axes; the y axis follows the highest bin of each panel.

    `fills` are taken in turn by the bars of a panel; `box` shows entries, mean and standard deviation.
    """

    x: Axis
    y_title: str
    style: Style
    fills: tuple[Colour, ...] = ((120, 165, 216),)
    outline: Colour = (20, 50, 110)
    rows: int = 1
    columns: int = 1
    log: bool = False
    gap: float = 0.25
    box: bool = True
    titles: tuple[str, ...] = ()

    def paint(self, image: Image.Image, counts: FloatArray, caption: Caption, *, axes: bool) -> None:
        """See `Figure.paint`."""
        for number, frame in enumerate(frames(image.size, self.rows, self.columns)):
            values, y = counts[number], self._y(counts[number])
            self._paint_bins(image, frame, values, y)
            paint_axes(image, frame, self.x, y, self.titles[number] if self.titles else "", labels=axes)
            if self.box:
                statistics_box(image, frame, caption.name, self._statistics(values))
        write_caption(image, caption)

    def boxes(self, affected: BoolArray, size: Size) -> list[Box]:
        """See `Figure.boxes`."""
        found = []
        for number, frame in enumerate(frames(size, self.rows, self.columns)):
            bins = np.flatnonzero(affected[number])
            if len(bins):
                edges = frame.left + np.round(np.array((bins[0], bins[-1] + 1)) * frame.width / affected.shape[1])
                found.append((int(edges[0]), frame.top, int(edges[1]), frame.bottom))
        return found

    def _paint_bins(self, image: Image.Image, frame: Frame, values: FloatArray, y: Axis) -> None:
        if self.style is Style.POINTS:
            paint_points(image, frame, values, np.sqrt(np.abs(values)), y, self.outline)
            return
        if self.style is not Style.LINE:
            paint_bars(image, frame, values, y, self.fills, self.gap if self.style is Style.BARS else 0.0)
        if self.style is not Style.BARS and values.any():
            paint_line(image, frame, values, y, self.outline)

    def _y(self, values: FloatArray) -> Axis:
        highest = float(np.nanmax(values)) or 0.95
        if self.log:
            return Axis(self.y_title, 0.5, max(highest * 3.0, 5.0), log=True)
        return Axis(self.y_title, 0.0, highest * 1.06 if self.style is not Style.POINTS else highest * 1.25)

    def _statistics(self, values: FloatArray) -> list[tuple[str, str]]:
        mean, deviation = moments(values, self.x.low, self.x.high)
        entries = f"{values.sum():.0f}"
        return [("Entries", entries), ("Mean", f"{mean:.4g}"), ("Std Dev", f"{deviation:.4g}")]
