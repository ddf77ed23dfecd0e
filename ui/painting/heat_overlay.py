"""Heat maps as a layer to lay over a plot: cividis by evidence, with a double contour that shows on any palette.

Runs on any thread. The map covers the whole image; sample (row, column) of an h × w map is the mean evidence of
the rectangle of the image it covers, so its centre lies at ((column + ½) / w, (row + ½) / h) of the image.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Words = NDArray[np.uint32]
Mask = NDArray[np.bool_]

CONTOUR_AT = 0.5
"""Share of the strongest evidence at which the contour is drawn."""

_FAINT = 0.18
"""Evidence below this share leaves the plot untouched."""

_STRONGEST_ALPHA = 0.82
"""Opacity of the strongest evidence when the layer is fully opaque: the plot below is always seen."""

# Anchors of cividis (Nuñez, Anderton and Renslow 2018), evenly spaced from weak to strong.
_CIVIDIS = (
    "#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838",
)  # fmt: skip


def heat_overlay(values: Bytes, width: int, height: int, opacity: float) -> QImage:
    """The layer for a plot shown at `width` × `height` pixels.

    `values` is uint8 (rows, columns) as in `backend.domain.predictions.HeatMap`; `opacity` 0 to 1. Returns an
    ARGB32 premultiplied image, fully transparent for a map without evidence. ValueError for an empty size or map.
    """
    if width < 1 or height < 1 or values.size == 0:
        raise ValueError(f"a heat map of shape {values.shape} cannot cover {width} x {height} pixels")
    field = _enlarge(values, width, height)
    pixels = _colour_table(round(opacity * 255)).take(field.astype(np.uint8))
    strongest = int(values.max())
    if opacity > 0 and strongest > 255 * _FAINT:
        _draw_contour(pixels, field - strongest * CONTOUR_AT, min(1.0, 3 * opacity))
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied).copy()


@lru_cache(maxsize=64)
def _colour_table(opacity: int) -> Words:
    """Premultiplied ARGB for each value 0 to 255 at `opacity` 0 to 255."""
    share = np.linspace(0, 1, 256)
    anchors = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in _CIVIDIS], float)
    places = np.linspace(0, 1, len(anchors))
    rgb = np.stack([np.interp(share, places, anchors[:, k]) for k in range(3)], axis=1)
    rise = np.clip((share - _FAINT) / (1 - _FAINT), 0, 1)
    alpha = _STRONGEST_ALPHA * rise**0.7 * opacity / 255
    red, green, blue = (np.rint(rgb[:, k] * alpha).astype(np.uint32) for k in range(3))
    return _packed(np.rint(alpha * 255).astype(np.uint32), red, green, blue)


def _enlarge(values: Bytes, width: int, height: int) -> Floats:
    """The map at every pixel, 0 to 255; each axis is one small matrix product."""
    rows, columns = values.shape
    wide = _product(values.astype(np.float32), _weights(columns, width).T)
    field = _product(_weights(rows, height), wide)
    return np.clip(field, 0, 255, out=field)


def _product(left: Floats, right: Floats) -> Floats:
    """The matrix product, in blocks too small for the library to spread over threads.

    Its threads would wait for cores that inference keeps busy: a hundred times slower than not having them.
    """
    block = max(1, _SINGLE_THREADED // right.size)
    made = np.empty((len(left), right.shape[1]), np.float32)
    for start in range(0, len(left), block):
        np.matmul(left[start : start + block], right, out=made[start : start + block])
    return made


@lru_cache(maxsize=128)
def _weights(samples: int, pixels: int) -> Floats:
    """Matrix (pixels, samples) of Catmull-Rom interpolation between the centres of the samples.

    It passes through every sample and has no kinks, so the contour is a smooth line even of a 7 × 7 map.
    """
    at = (np.arange(pixels) + 0.5) * samples / pixels - 0.5
    lower = np.floor(at).astype(int)
    t = (at - lower)[:, None]
    taps = np.hstack([
        ((2 - t) * t - 1) * t,
        (3 * t - 5) * t * t + 2,
        ((4 - 3 * t) * t + 1) * t,
        (t - 1) * t * t,
    ])  # fmt: skip
    beyond = 2
    wide = np.zeros((pixels, samples + 2 * beyond))
    for tap in range(4):
        np.add.at(wide, (np.arange(pixels), lower + tap - 1 + beyond), taps[:, tap] / 2)
    return (wide @ _continuation(samples, beyond)).astype(np.float32)


def _continuation(samples: int, beyond: int) -> NDArray[np.float64]:
    """Matrix (samples + 2 beyond, samples) that carries the last slope on over both borders.

    Repeating the last sample instead would bend every contour that reaches the border.
    """
    whole = np.zeros((samples + 2 * beyond, samples))
    whole[beyond : beyond + samples] = np.eye(samples)
    inner = min(1, samples - 1)
    for step in range(1, beyond + 1):
        for edge, next_to, row in ((0, inner, beyond - step), (-1, -1 - inner, beyond + samples - 1 + step)):
            whole[row, edge] += 1 + step
            whole[row, next_to] -= step
    return whole


def _draw_contour(pixels: Words, height: Floats, strength: float) -> None:
    """Where `height` (the field minus the level) passes zero: a light line, dark on both sides, antialiased."""
    half = _HALF_WIDTH * max(1.0, pixels.shape[1] / _FULL_AT)
    reach = half + _RIM + 1
    above = height > 0
    if not above.any():  # an image so small that the peak lies between its pixels
        return
    area = _around(above, math.ceil(reach) + 1)
    height, squared = height[area], _slope_squared(height[area])
    near = np.nonzero(height * height < np.float32(reach * reach) * squared)
    distance = np.abs(height[near]) / np.sqrt(squared[near])
    dark = np.clip(half + _RIM + 0.5 - distance, 0, 1) * np.float32(strength * _RIM_ALPHA)
    light = np.clip(half + 0.5 - distance, 0, 1) * np.float32(strength)
    channels = pixels.view(np.uint8).reshape(*pixels.shape, 4)[area]
    channels[near] = _lined(channels[near], dark, light)


def _around(above: Mask, margin: int) -> tuple[slice, slice]:
    """The part of the image that holds all of `above`, of which there is some, and `margin` pixels around it."""
    return _stretch(np.any(above, axis=1), margin), _stretch(np.any(above, axis=0), margin)


def _stretch(inside: Mask, margin: int) -> slice:
    places = np.flatnonzero(inside)
    return slice(max(0, int(places[0]) - margin), int(places[-1]) + margin + 1)


def _slope_squared(height: Floats) -> Floats:
    """Squared slope per pixel by central differences, one-sided at the border; never 0."""
    squared = np.full_like(height, 1e-6)
    squared[1:-1] += ((height[2:] - height[:-2]) / 2) ** 2
    squared[:, 1:-1] += ((height[:, 2:] - height[:, :-2]) / 2) ** 2
    if len(height) > 1:
        squared[0] += (height[1] - height[0]) ** 2
        squared[-1] += (height[-1] - height[-2]) ** 2
    if height.shape[1] > 1:
        squared[:, 0] += (height[:, 1] - height[:, 0]) ** 2
        squared[:, -1] += (height[:, -1] - height[:, -2]) ** 2
    return squared


_SINGLE_THREADED = 200_000
"""Multiplications below which the library works in the calling thread."""

_HALF_WIDTH, _RIM, _RIM_ALPHA = 0.75, 1.2, 0.85
"""Half the width of the light line and the width of the dark rim on either side, in pixels."""

_FULL_AT = 400
"""Above this width the light line grows with the image."""

_LIGHT, _DARK = np.float32(255), np.float32(18)


def _lined(below: Bytes, dark: Floats, light: Floats) -> Bytes:
    """Premultiplied pixels (N, 4) in the order of memory, alpha last, under a dark grey and that under a light one.

    `dark` and `light` (N,) are opacities, 0 to 1.
    """
    dark = dark * (1 - light)
    mixed = below * (1 - light - dark)[:, None]
    mixed[:, :3] += (_DARK * dark + _LIGHT * light)[:, None]
    mixed[:, 3] += 255 * (dark + light)
    return np.rint(mixed).astype(np.uint8)


def _packed(alpha: Words, red: Words, green: Words, blue: Words) -> Words:
    """Four channels, uint32 0 to 255, as one word a pixel in the order of Qt's ARGB32."""
    shifts = (np.uint32(24), np.uint32(16), np.uint32(8))
    words: Words = (alpha << shifts[0]) | (red << shifts[1]) | (green << shifts[2]) | blue
    return words
