"""Figures: how the counts of a plot become a picture, and where in the picture given cells are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from PIL import Image, ImageDraw

from backend.simulation.arrays import BoolArray, FloatArray, IntArray
from backend.simulation.frames import Frame, Size
from backend.simulation.lettering import BLACK, lettering, write

WHITE = (255, 255, 255)
Box = tuple[int, int, int, int]
Region = tuple[float, float, float, float]
"""left, top, right, bottom as fractions (0 to 1) of the image's width and height."""


@dataclass(frozen=True, slots=True)
class Caption:
    """What is written beside the axes: title above, `foot` (run and date) below, `name` in the statistics box."""

    title: str
    name: str
    foot: str


class Figure(Protocol):
    """A kind of picture."""

    def paint(self, image: Image.Image, counts: FloatArray, caption: Caption, *, axes: bool) -> None:
        """Draw counts of shape (panels, …) on a white canvas; without `axes` their labels are left out."""
        ...

    def boxes(self, affected: BoolArray, size: Size) -> list[Box]:
        """Pixel boxes (right and bottom exclusive) around the affected cells, one per panel that has any."""
        ...


def write_caption(image: Image.Image, caption: Caption) -> None:
    """Title above and foot line below."""
    width, height = image.size
    write(image, (width // 2, round(height * 0.05)), caption.title, round(height * 0.038), anchor="centre")
    write(image, (round(width * 0.012), height - round(height * 0.02)), caption.foot, round(height * 0.019))


def statistics_box(image: Image.Image, frame: Frame, name: str, rows: list[tuple[str, str]]) -> None:
    """A framed list of figures in the frame's upper right corner."""
    size = round(frame.text * 0.9)
    pitch = round(size * 1.35)
    width = round(size * 11.5)
    right, top = frame.right - round(frame.text * 0.9), frame.top + round(frame.text * 0.9)
    left, bottom = right - width, top + pitch * (len(rows) + 1)
    draw = ImageDraw.Draw(image)
    draw.rectangle((left, top, right, bottom), WHITE, BLACK)
    draw.line((left, top + pitch, right, top + pitch), BLACK)
    write(image, ((left + right) // 2, top + pitch // 2), _shortened(name, size, width - 6), size, anchor="centre")
    for number, (word, value) in enumerate(rows, start=1):
        middle = top + number * pitch + pitch // 2
        write(image, (left + 5, middle), word, size)
        write(image, (right - 5, middle), value, size, anchor="right")


def _shortened(name: str, size: int, width: int) -> str:
    while len(name) > 1 and lettering(name, size).width > width:
        name = name[:-1]
    return name


def moments(counts: FloatArray, low: float, high: float) -> tuple[float, float]:
    """Mean and standard deviation of a histogram with equal bins from `low` to `high`; zeros when it is empty."""
    centres = low + (np.arange(len(counts)) + 0.5) * ((high - low) / len(counts))
    total = counts.sum()
    if total <= 0:
        return 0.0, 0.0
    mean = float((counts * centres).sum() / total)
    return mean, float(np.sqrt(max((counts * (centres - mean) ** 2).sum() / total, 0.0)))


def box_of(shown: BoolArray, frame: Frame) -> Box | None:
    """The box around the set pixels of a frame; None where none is set."""
    columns, rows = np.flatnonzero(shown.any(axis=0)), np.flatnonzero(shown.any(axis=1))
    if not len(columns):
        return None
    return (
        frame.left + int(columns[0]),
        frame.top + int(rows[0]),
        frame.left + int(columns[-1]) + 1,
        frame.top + int(rows[-1]) + 1,
    )


def region_of(boxes: list[Box], size: Size) -> Region | None:
    """The region around all boxes, as fractions of the image; None without boxes."""
    if not boxes:
        return None
    corners: IntArray = np.array(boxes)
    left, top = corners[:, :2].min(axis=0)
    right, bottom = corners[:, 2:].max(axis=0)
    width, height = size
    return float(left / width), float(top / height), float(right / width), float(bottom / height)
