"""Contrast between colours, as WCAG 2 defines it, and hues made readable. No Qt."""

from __future__ import annotations

from functools import cache

TEXT_CONTRAST = 4.5
"""The least contrast of text on its ground."""

MARK_CONTRAST = 3.0
"""The least contrast of a symbol or a line that carries meaning."""

_STEPS = 100


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb``, 0 (black) to 1 (white)."""
    red, green, blue = (_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours ``#rrggbb``, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@cache
def text_colour(colour: str, on: str) -> str:
    """`colour`, darkened or lightened only as far as it takes to be read as text on the ground `on`."""
    return readable(colour, on, TEXT_CONTRAST)


@cache
def mark_colour(colour: str, on: str) -> str:
    """`colour`, moved until it stands out from `on` as a symbol or line."""
    return readable(colour, on, MARK_CONTRAST)


def readable(colour: str, on: str, ratio: float) -> str:
    """The colour nearest to `colour`, towards black or white, whose contrast on `on` is at least `ratio`."""
    target = "#000000" if contrast("#000000", on) > contrast("#ffffff", on) else "#ffffff"
    for step in range(_STEPS + 1):
        candidate = mix(colour, target, step / _STEPS)
        if contrast(candidate, on) >= ratio:
            return candidate
    return target


def mix(one: str, other: str, share: float) -> str:
    """`one` with `share` (0 to 1) of `other` mixed in, ``#rrggbb``."""
    parts = ((int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in parts)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
