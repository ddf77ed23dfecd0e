"""Line icons of our own, tinted to a token and rendered at the pixels of the screen. GUI thread only."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from resources import resource

_SCALES = (1.0, 1.25, 1.5, 2.0, 3.0)
"""Screen scales for which an icon carries a rendering of its own."""


def icon_names() -> tuple[str, ...]:
    """Every icon there is."""
    return tuple(sorted(path.stem for path in resource("icons").glob("*.svg")))


@cache
def _source(name: str) -> str:
    return resource("icons", f"{name}.svg").read_text(encoding="utf-8")


@cache
def _renderer(name: str, colour: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour).encode()))


def paint_icon(painter: QPainter, name: str, rect: QRectF, colour: str) -> None:
    """Paint an icon into `rect` in one colour ``#rrggbb``; FileNotFoundError where there is no such icon."""
    renderer = _renderer(name, QColor(colour).name())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter, rect)
    painter.restore()


def icon_pixmap(name: str, colour: str, size: int, scale: float = 1.0) -> QPixmap:
    """An icon of `size` device-independent pixels for a screen of that scale."""
    _renderer(name, QColor(colour).name())  # an error must come before a painter is open: an open one crashes Qt
    pixels = round(size * scale)
    pixmap = QPixmap(pixels, pixels)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    paint_icon(painter, name, QRectF(0, 0, pixels, pixels), colour)
    painter.end()
    pixmap.setDevicePixelRatio(scale)
    return pixmap


@cache
def icon(name: str, colour: str, size: int = 16) -> QIcon:
    """An icon for a button, crisp on every usual screen scale; made once, not to be changed."""
    made = QIcon()
    for scale in _SCALES:
        made.addPixmap(icon_pixmap(name, colour, size, scale))
    return made


def icon_size(size: int) -> QSize:
    """A square size, for `setIconSize`."""
    return QSize(size, size)
