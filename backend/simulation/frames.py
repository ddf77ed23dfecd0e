"""Frames: the rectangles plots are drawn in, with axes ticked inwards on all four sides."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw

from backend.simulation.lettering import BLACK, write
from backend.simulation.ticks import Axis, Ticks, ticks

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Frame:
    """The inside of a plot in pixels, right and bottom exclusive; `text` is the size of its tick labels."""

    left: int
    top: int
    right: int
    bottom: int
    text: int

    @property
    def width(self) -> int:
        """Pixels across."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Pixels down."""
        return self.bottom - self.top

    def x(self, fraction: float) -> int:
        """Pixel column of a fraction of the width."""
        return self.left + round(fraction * (self.width - 1))

    def y(self, fraction: float) -> int:
        """Pixel row of a fraction of the height, 0 at the bottom."""
        return self.bottom - 1 - round(fraction * (self.height - 1))


@lru_cache(maxsize=256)
def frames(size: Size, rows: int, columns: int, *, bar: bool = False, square: bool = False) -> tuple[Frame, ...]:
    """Frames of a canvas of `size` (width, height), row by row; `bar` leaves room for a colour bar."""
    width, height = size
    top, bottom = round(height * 0.09), height - round(height * 0.03)
    cell_w, cell_h = width / columns, (bottom - top) / rows
    small = rows * columns > 1
    text = max(10, round(height * (0.02 if small else 0.026)))
    left_pad, right_pad = (text * 4.4, text * (4.8 if bar else 1.2)) if small else (width * 0.125, width * 0.055)
    if bar and not small:
        right_pad = width * 0.135
    top_pad, bottom_pad = (text * 1.9, text * 2.9) if small else (text * 0.6, height * 0.1)
    made = []
    for index in range(rows * columns):
        row, column = divmod(index, columns)
        left, right = column * cell_w + left_pad, (column + 1) * cell_w - right_pad
        above, below = top + row * cell_h + top_pad, top + (row + 1) * cell_h - bottom_pad
        box = _squared(left, above, right, below) if square else (left, above, right, below)
        made.append(Frame(round(box[0]), round(box[1]), round(box[2]), round(box[3]), text))
    return tuple(made)


def _squared(left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
    half = min(right - left, bottom - top) / 2
    x, y = (left + right) / 2, (top + bottom) / 2
    return x - half, y - half, x + half, y + half


def draw_axes(image: Image.Image, frame: Frame, x: Axis, y: Axis, *, labels: bool = True) -> None:
    """Draw the frame's line, ticks, tick labels and axis titles over what is painted in it."""
    draw = ImageDraw.Draw(image)
    across, up = _ticks(x, frame.width, frame.text * 5), _ticks(y, frame.height, frame.text * 3)
    _draw_ticks(draw, frame, x, y, across, up)
    line = 2 if frame.text >= 14 else 1
    draw.rectangle(
        (frame.left - line, frame.top - line, frame.right + line - 1, frame.bottom + line - 1), None, BLACK, line
    )
    if labels:
        _write_labels(image, frame, x, y, across, up)


@lru_cache(maxsize=4096)
def _ticks(axis: Axis, pixels: int, room: int) -> Ticks:
    return ticks(axis, max(2, min(10, pixels // room)))


def _draw_ticks(draw: ImageDraw.ImageDraw, frame: Frame, x: Axis, y: Axis, across: Ticks, up: Ticks) -> None:
    long = max(4, round(min(frame.width, frame.height) * 0.03))
    for values, length in ((across.majors, long), (across.minors, long // 2)):
        for value in values:
            at = frame.x(x.fraction(value))
            draw.line((at, frame.top, at, frame.top + length - 1), BLACK)
            draw.line((at, frame.bottom - length, at, frame.bottom - 1), BLACK)
    for values, length in ((up.majors, long), (up.minors, long // 2)):
        for value in values:
            at = frame.y(y.fraction(value))
            draw.line((frame.left, at, frame.left + length - 1, at), BLACK)
            draw.line((frame.right - length, at, frame.right - 1, at), BLACK)


def _write_labels(image: Image.Image, frame: Frame, x: Axis, y: Axis, across: Ticks, up: Ticks) -> None:
    size, title = frame.text, round(frame.text * 1.1)
    for value, text in zip(across.majors, across.texts, strict=True):
        write(image, (frame.x(x.fraction(value)), frame.bottom + size), text, size, anchor="centre")
    for value, text in zip(up.majors, up.texts, strict=True):
        write(image, (frame.left - 6, frame.y(y.fraction(value))), text, size, anchor="right")
    write(image, (frame.right, frame.bottom + round(size * 2.2)), x.title, title, anchor="right")
    widest = max((len(text) for text in up.texts), default=1)
    beside = max(frame.left - 8 - round((widest + 0.6) * size * 0.58), round(title * 1.4))
    write(image, (beside, frame.top), y.title, title, anchor="right", turned=True)
    if across.exponent:
        write(image, (frame.right + 2, frame.bottom + size * 2), f"x10^{across.exponent}", size)
    if up.exponent:
        write(image, (frame.left, frame.top - size + 2), f"x10^{up.exponent}", size)
