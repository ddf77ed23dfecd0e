"""Saving a plot: what the file is to be called, and its picture with the heat map laid over it. No window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QImage, QImageWriter, QPainter

from backend.api import Rgb
from backend.domain.errors import HydraError
from backend.domain.plots import Plot
from backend.domain.predictions import HeatMap
from ui.painting.heat_overlay import heat_overlay

_SIGNATURES = {
    b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"GIF8": ".gif", b"BM": ".bmp", b"RIFF": ".webp",
}  # fmt: skip


class SavingError(HydraError):
    """The image could not be written."""


def suffix_of(data: bytes) -> str:
    """The suffix that fits an image file's content; ".png" where it is not known."""
    return next((suffix for start, suffix in _SIGNATURES.items() if data.startswith(start)), ".png")


def file_name(plot: Plot, suffix: str, *, with_heat: bool = False) -> str:
    """A name that says plot type, run and chunk, in the hall's own manner of naming."""
    identity = plot.identity
    safe = "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else "_" for c in identity.plot_type)
    chunk = "" if identity.chunk is None else f"_{identity.chunk:04d}"
    return f"{safe}_run{identity.run:06d}{chunk}{'_heatmap' if with_heat else ''}{suffix}"


def to_image(rgb: Rgb) -> QImage:
    """RGB (h, w, 3) as an image that can be painted at once; any thread."""
    height, width, _ = rgb.shape
    data = rgb.tobytes()
    return QImage(data, width, height, 3 * width, QImage.Format.Format_RGB888).convertToFormat(
        QImage.Format.Format_RGB32
    )


def picture_with_heat(rgb: Rgb, heat: HeatMap | None, opacity: float) -> bytes:
    """The whole image with its heat map, as a PNG file; any thread."""
    image = to_image(rgb)
    if heat is not None:
        painter = QPainter(image)
        painter.drawImage(0, 0, heat_overlay(heat.values, image.width(), image.height(), opacity))
        painter.end()
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    return bytes(data.data())


def write(path: Path, data: bytes) -> None:
    """Write a file; SavingError says what to do where it cannot be written."""
    try:
        path.write_bytes(data)
    except OSError as error:
        raise SavingError(
            f"The image was not saved: {path} cannot be written ({error.strerror or error}). "
            "The plot itself is safe in the store. Choose another folder and save again."
        ) from error
