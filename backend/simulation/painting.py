"""Painting counts into a frame: heat maps with their colour bar, bars, lines and points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from backend.simulation.arrays import BoolArray, FloatArray, IntArray
from backend.simulation.frames import Frame, draw_axes
from backend.simulation.lettering import Colour, write
from backend.simulation.palettes import STEPS, palette
from backend.simulation.ticks import Axis, ticks

_TOP = STEPS - 1


def heights(axis: Axis, values: FloatArray) -> FloatArray:
    """Fractions (0 to 1) of the axis at which the values lie; what is outside is put on the edge."""
    if axis.log:
        scaled = np.log(np.maximum(values, 1e-300) / axis.low) / np.log(axis.high / axis.low)
    else:
        scaled = (values - axis.low) / (axis.high - axis.low)
    clipped: FloatArray = np.clip(scaled, 0.0, 1.0)
    return clipped


def paint_map(
    image: Image.Image, frame: Frame, index: IntArray, values: FloatArray, z: Axis, colours: str, *, zeros: bool
) -> None:
    """Colour every pixel by its cell's value; empty cells stay white unless `zeros` are painted too."""
    table = np.vstack([palette(colours), np.full((1, 3), 255, np.uint8)])
    levels = np.round(heights(z, values) * _TOP).astype(np.intp)
    if not zeros:
        levels[values <= 0] = STEPS
    by_cell = np.vstack([table[levels], table[-1:]])  # the last row serves index -1
    image.paste(Image.fromarray(by_cell[index]), (frame.left, frame.top))


def paint_colour_bar(image: Image.Image, frame: Frame, z: Axis, colours: str) -> None:
    """The palette to the right of the frame, with the values it stands for."""
    width = round(frame.text * 1.5)
    left = frame.right + max(3, round(frame.text * 0.5))
    column: NDArray[np.uint8] = palette(colours)[(np.arange(frame.height)[::-1] * _TOP) // max(frame.height - 1, 1)]
    image.paste(Image.fromarray(np.repeat(column[:, None], width, axis=1)), (left, frame.top))
    ImageDraw.Draw(image).rectangle((left, frame.top, left + width, frame.bottom - 1), None, (0, 0, 0))
    marks = ticks(z, max(2, min(8, frame.height // (frame.text * 3))))
    draw = ImageDraw.Draw(image)
    for value, text in zip(marks.majors, marks.texts, strict=True):
        at = frame.y(z.fraction(value))
        draw.line((left + width - width // 3, at, left + width, at), (0, 0, 0))
        write(image, (left + width + 4, at), text, frame.text)
    if marks.exponent:
        write(image, (left, frame.top - frame.text + 2), f"x10^{marks.exponent}", frame.text)


def paint_bars(
    image: Image.Image, frame: Frame, values: FloatArray, y: Axis, colours: Sequence[Colour], gap: float
) -> None:
    """Filled bars from the bottom; `colours` are taken in turn, `gap` is the blank fraction of a bar's width."""
    position = (np.arange(frame.width) + 0.5) / frame.width * len(values)
    bars = position.astype(np.intp)
    filled = np.abs(position - bars - 0.5) <= 0.5 * (1 - gap)
    rise = np.round(heights(y, values) * (frame.height - 1))
    above = np.arange(frame.height)[::-1]
    shown: BoolArray = (above[:, None] < rise[bars][None, :]) & filled
    for colour in dict.fromkeys(colours):
        wearing = np.array([other == colour for other in colours])
        mask = Image.fromarray(shown & wearing[bars % len(colours)])
        image.paste(colour, (frame.left, frame.top, frame.right, frame.bottom), mask)


def paint_line(image: Image.Image, frame: Frame, values: FloatArray, y: Axis, colour: Colour, width: int = 1) -> None:
    """The outline of a histogram."""
    edges = frame.left + np.round(np.arange(len(values) + 1) * (frame.width - 1) / len(values)).astype(int)
    rows = frame.bottom - 1 - np.round(heights(y, values) * (frame.height - 1)).astype(int)
    corners = np.column_stack([np.repeat(edges, 2)[1:-1], np.repeat(rows, 2)])
    base = frame.bottom - 1
    points = [(int(edges[0]), base), *map(tuple, corners.tolist()), (int(edges[-1]), base)]
    ImageDraw.Draw(image).line(points, fill=colour, width=width)


def paint_points(
    image: Image.Image, frame: Frame, values: FloatArray, errors: FloatArray, y: Axis, colour: Colour
) -> None:
    """A dot with an error bar in the middle of every bin; empty bins are left out."""
    draw = ImageDraw.Draw(image)
    size = max(1, frame.text // 6)
    columns = frame.left + np.round((np.arange(len(values)) + 0.5) * frame.width / len(values)).astype(int)
    low, middle, high = (
        frame.bottom - 1 - np.round(heights(y, level) * (frame.height - 1))
        for level in (values - errors, values, values + errors)
    )
    for number in np.flatnonzero(values > 0):
        x, at = int(columns[number]), int(middle[number])
        draw.line((x, int(low[number]), x, int(high[number])), colour)
        draw.ellipse((x - size, at - size, x + size, at + size), colour)


def paint_axes(image: Image.Image, frame: Frame, x: Axis, y: Axis, title: str = "", *, labels: bool = True) -> None:
    """Axes over what is painted, and the title of a panel above its frame."""
    draw_axes(image, frame, x, y, labels=labels)
    if title:
        write(image, ((frame.left + frame.right) // 2, frame.top - frame.text), title, frame.text + 1, anchor="centre")
