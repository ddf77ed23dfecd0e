"""Colour palettes of two-dimensional plots: a few anchor colours each, interpolated to 256 steps."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

STEPS = 256

_ANCHORS: dict[str, tuple[str, ...]] = {
    "viridis": ("#440154", "#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39", "#fde725"),
    "bird": ("#352a87", "#0f5cdd", "#1481d6", "#06a4ca", "#2eb7a4", "#87bf77", "#d1bb59", "#fec832", "#f9fb0e"),
    "rainbow": ("#2000a8", "#0040ff", "#00a8ff", "#00f0c0", "#40ff40", "#c8ff00", "#ffd000", "#ff6000", "#e00000"),
    "deep_sea": ("#00003c", "#001a70", "#0a3fa0", "#1f70c4", "#4aa3dc", "#8fd0ee", "#dcf4ff"),
    "fire": ("#fffff0", "#fff8a0", "#ffe23c", "#ffb000", "#ff7000", "#e83000", "#9c0800"),
    "violet": ("#1a0533", "#4a1272", "#86279b", "#c2479f", "#ee7c8c", "#fdb98c", "#fdf0b8"),
    "ash": ("#f4f4f4", "#c8d0d8", "#96a6b4", "#66798c", "#3c4c60", "#1c2434"),
}

NAMES: tuple[str, ...] = tuple(_ANCHORS)


def rgb(colour: str) -> tuple[int, int, int]:
    """The three bytes of ``#rrggbb``."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@cache
def palette(name: str) -> NDArray[np.uint8]:
    """The palette as uint8 of shape (256, 3), low to high; KeyError for an unknown name.

    Instead of a name, anchor colours of one's own with blanks between them: ``"#440154 #1fa187 #fde725"``.
    """
    colours = name.split() if name.startswith("#") else _ANCHORS[name]
    anchors = np.array([rgb(colour) for colour in colours], float)
    at = np.linspace(0, len(anchors) - 1, STEPS)
    channels = [np.interp(at, np.arange(len(anchors)), anchors[:, channel]) for channel in range(3)]
    table = np.stack(channels, axis=1).round().astype(np.uint8)
    table.setflags(write=False)
    return table
