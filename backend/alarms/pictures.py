"""Pictures for those who are not at the screen: the plot, and the plot with the heat map over it."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from backend.alarms.message import Picture
from backend.domain.predictions import HeatMap

Rgb = NDArray[np.uint8]

LONGEST = 1000
"""Pixels of the longer side: sharp on a telephone, small in a mailbox."""

_OPACITY = 0.6
_CONTOUR = 128
_RAMP = np.array([(0, 32, 76), (57, 72, 107), (124, 123, 120), (188, 175, 111), (255, 234, 70)], np.float64)
"""Cividis at 0, ¼, ½, ¾ and 1."""


def pictures_of(name: str, caption: str, rgb: Rgb, heat_map: HeatMap | None) -> tuple[Picture, ...]:
    """The plot, uint8 of shape (h, w, 3), and with a heat map the same with the map over it."""
    image = Image.fromarray(rgb)
    image.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    safe = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name)
    plot = Picture(f"{safe}.png", caption, _png(image))
    if heat_map is None:
        return (plot,)
    shown = Picture(f"{safe}-heat-map.png", f"{caption}: where the model looked", _png(overlaid(image, heat_map)))
    return plot, shown


def overlaid(image: Image.Image, heat_map: HeatMap) -> Image.Image:
    """The heat map over a plot, stronger where there is more evidence, with a contour that shows on any ground."""
    map_image = Image.fromarray(heat_map.values).resize(image.size, Image.Resampling.BICUBIC)
    heat = np.asarray(map_image, np.float64)
    share = heat[..., None] / 255.0 * _OPACITY
    mixed = np.asarray(image.convert("RGB"), np.float64) * (1 - share) + _coloured(heat) * share
    edge = _edge(heat >= _CONTOUR)
    mixed[_thicker(edge)] = 255
    mixed[edge] = 0
    return Image.fromarray(mixed.astype(np.uint8))


def _coloured(heat: NDArray[np.float64]) -> NDArray[np.float64]:
    at = np.linspace(0, 255, len(_RAMP))
    return np.stack([np.interp(heat, at, _RAMP[:, channel]) for channel in range(3)], axis=-1)


def _edge(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    edge = np.zeros_like(inside)
    edge[1:] |= inside[1:] != inside[:-1]
    edge[:, 1:] |= inside[:, 1:] != inside[:, :-1]
    return edge


def _thicker(edge: NDArray[np.bool_]) -> NDArray[np.bool_]:
    wide = edge.copy()
    wide[1:] |= edge[:-1]
    wide[:-1] |= edge[1:]
    wide[:, 1:] |= edge[:, :-1]
    wide[:, :-1] |= edge[:, 1:]
    return wide


def _png(image: Image.Image) -> bytes:
    data = io.BytesIO()
    image.convert("RGB").save(data, "PNG", optimize=True)
    return data.getvalue()
