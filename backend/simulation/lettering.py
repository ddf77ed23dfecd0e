"""Text on a plot: the font that comes with Pillow unless `typeface` says another, rendered once per string and kept.

A caret raises what follows it up to the next blank: ``x10^6``. The font knows Latin letters only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

Anchor = Literal["left", "centre", "right"]
Colour = tuple[int, int, int]

BLACK: Colour = (0, 0, 0)

_typeface: ContextVar[Path | None] = ContextVar("typeface", default=None)


@contextmanager
def typeface(file: Path | None) -> Iterator[None]:
    """What is written in the `with` block is set in the font of this file; None is the usual one."""
    before = _typeface.set(file)
    try:
        yield
    finally:
        _typeface.reset(before)


@lru_cache(maxsize=256)
def _font(size: int, face: Path | None) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size) if face is None else ImageFont.truetype(face, size)


def _pieces(text: str, size: int) -> list[tuple[str, int, int]]:
    """(piece, font size, rise in pixels) of a text with raised parts."""
    pieces = []
    for position, part in enumerate(text.split("^")):
        raised, blank, rest = part.partition(" ") if position else ("", "", part)
        if raised:
            pieces.append((raised, round(size * 0.7), round(size * 0.35)))
        if blank + rest:
            pieces.append((blank + rest, size, 0))
    return pieces


def lettering(text: str, size: int, *, turned: bool = False) -> Image.Image:
    """The text as a grey mask (mode L), as wide as its advance and 1.5 `size` high; `turned` reads upwards."""
    return _lettering(text, size, turned, _typeface.get())


@lru_cache(maxsize=8192)
def _lettering(text: str, size: int, turned: bool, face: Path | None) -> Image.Image:
    pieces = [(piece, _font(points, face), rise) for piece, points, rise in _pieces(text, size)]
    width = sum(round(font.getlength(piece)) for piece, font, _ in pieces)
    mask = Image.new("L", (max(width, 1) + 2, round(size * 1.5)))
    draw, x = ImageDraw.Draw(mask), 0
    for piece, font, rise in pieces:
        baseline = (1 + x, round(size * 1.1) - rise)
        draw.text(baseline, piece, fill=255, font=font, anchor="ls")
        x += round(font.getlength(piece))
    return mask.transpose(Image.Transpose.ROTATE_90) if turned else mask


def write(
    image: Image.Image,
    at: tuple[int, int],
    text: str,
    size: int,
    *,
    anchor: Anchor = "left",
    colour: Colour = BLACK,
    turned: bool = False,
) -> None:
    """Write so that the middle of the text's height (turned: its right edge) is at `at`, in pixels.

    `anchor` says which end of the text, in reading direction, lies there.
    """
    mask = lettering(text, size, turned=turned)
    length = mask.height if turned else mask.width
    before = {"left": 0, "centre": length // 2, "right": length}[anchor]
    beside, above = (mask.width, length - before) if turned else (before, round(size * 0.75))
    left, top = at[0] - beside, at[1] - above
    image.paste(colour, (left, top, left + mask.width, top + mask.height), mask)
