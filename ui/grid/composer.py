"""Composes the image of a tile, off the GUI thread: the plot, scaled and centred, with or without its heat map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage, QPainter

if TYPE_CHECKING:  # the window is painted before numpy has been imported
    import numpy as np
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]

PADDING = 2
"""Device-independent pixels kept free between the plot and the tile's border."""


@dataclass(frozen=True, slots=True)
class BodySpec:
    """How bodies are to look: `width` and `height` in device-independent pixels, `ratio` device pixels in each.

    `ground` (``#rrggbb``) takes the place of white: plots are drawn on white, which glares on a dark screen.
    """

    width: int
    height: int
    ratio: float
    ground: str

    @property
    def device_size(self) -> tuple[int, int]:
        """Width and height in device pixels, at least 1."""
        return max(1, round(self.width * self.ratio)), max(1, round(self.height * self.ratio))


def compose_body(preview: Bytes, heat: Bytes | None, spec: BodySpec, opacity: float) -> QImage:
    """The image of a tile as an opaque RGB32 image that is only to be copied to the screen.

    `preview` is RGB (h, w, 3); `heat` as in `HeatMap.values` covers the whole of it, None shows the bare plot;
    `opacity` 0 to 1.
    """
    return with_heat(bare_body(preview, spec), heat, spec, opacity)


@dataclass(frozen=True, slots=True, eq=False)
class BareBody:
    """A composed plot without heat map, and where in it the plot lies, in device pixels."""

    image: QImage
    left: int
    top: int
    width: int
    height: int


def bare_body(preview: Bytes, spec: BodySpec) -> BareBody:
    """Scale `preview` into the middle of the ground; with `with_heat` this makes both variants at the price of one."""
    width, height = spec.device_size
    pad = round(PADDING * spec.ratio)
    rows, columns = preview.shape[:2]
    plot_width, plot_height = _fitted(columns, rows, width - 2 * pad, height - 2 * pad)
    left, top = (width - plot_width) // 2, (height - plot_height) // 2
    image = QImage(width, height, QImage.Format.Format_RGB32)
    ground = QColor(spec.ground)
    image.fill(ground)
    painter = QPainter(image)
    painter.drawImage(left, top, _scaled(preview, plot_width, plot_height))
    if ground != Qt.GlobalColor.white:  # becomes ground, and all else is dimmed alike
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Multiply)
        painter.fillRect(left, top, plot_width, plot_height, ground)
    painter.end()
    return BareBody(image, left, top, plot_width, plot_height)


def with_heat(bare: BareBody, heat: Bytes | None, spec: BodySpec, opacity: float) -> QImage:
    """The body with `heat` laid over the plot, or without where there is none; `bare` stays as it is."""
    from ui.painting.heat_overlay import heat_overlay

    image = QImage(bare.image)
    if heat is not None and heat.size and opacity > 0:
        painter = QPainter(image)
        painter.drawImage(bare.left, bare.top, heat_overlay(heat, bare.width, bare.height, opacity))
        painter.end()
    image.setDevicePixelRatio(spec.ratio)
    return image


def _fitted(width: int, height: int, room_width: int, room_height: int) -> tuple[int, int]:
    """The largest size of the same shape that fits, at least 1 x 1."""
    scale = min(max(1, room_width) / width, max(1, room_height) / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _scaled(preview: Bytes, width: int, height: int) -> QImage:
    """Antialiased."""
    pixels = preview if preview.flags.c_contiguous else preview.copy()
    rows, columns = pixels.shape[:2]
    image = QImage(pixels.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888)
    return image.scaled(width, height, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
