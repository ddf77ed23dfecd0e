"""Whole tiles as they were painted last, so that scrolling only copies. GUI thread only."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QPainter, QPixmap

from backend.domain.hall import Tile
from ui.grid.roles import Body

BUDGET = 96 * 2**20
"""Bytes of pixels kept by one view, bodies included: more tiles than a screen of 4K shows at 100 %."""

_BYTES_PER_PIXEL = 4


class Seen(Protocol):
    """What decides how a tile looks: equal keys look the same as long as the objects behind them live."""

    @property
    def key(self) -> Hashable:
        """What tells looks apart."""

    @property
    def body(self) -> object:
        """The image, if it is a `Body`: it is kept alive together with the picture."""

    @property
    def size(self) -> QSize:
        """Of the tile, in device-independent pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What a tile shows, but for its age. `width_of_age` is the room left to that, in pixels."""

    tile: Tile
    body: object
    size: QSize
    hovered: bool
    waiting: bool
    width_of_age: int

    @property
    def key(self) -> Hashable:
        """Equal for what looks the same, as long as the objects behind it live."""
        body = self.body
        look = (id(body.image), body.late) if isinstance(body, Body) else body
        size = self.size
        return id(self.tile), look, size.width(), size.height(), self.hovered, self.waiting, self.width_of_age


class TilePictures:
    """Pictures of tiles for one theme and screen scale, those used last, within a budget of bytes."""

    def __init__(self, ground: str, ratio: float, budget: int = BUDGET) -> None:
        """`ground` (``#rrggbb``) shows at the rounded corners."""
        self._ground, self._ratio, self._budget = QColor(ground), ratio, budget
        # The sight is kept as well: its objects must not make room for others of the same identity.
        self._made: OrderedDict[Hashable, tuple[Seen, QPixmap]] = OrderedDict()
        self._bytes = 0

    @property
    def size(self) -> int:
        """Bytes of pixels now held."""
        return self._bytes

    def get(self, sight: Seen, draw: Callable[[QPainter], None]) -> QPixmap:
        """The picture of `sight`, painted by `draw` where there is none yet."""
        key = sight.key
        kept = self._made.get(key)
        if kept is None:
            kept = self._made[key] = sight, self._painted(sight.size, draw)
            self._bytes += _bytes_of(*kept)
            self._let_go()
        else:
            self._made.move_to_end(key)
        return kept[1]

    def clear(self) -> None:
        """Forget everything: it would look different now."""
        self._made.clear()
        self._bytes = 0

    def _painted(self, size: QSize, draw: Callable[[QPainter], None]) -> QPixmap:
        picture = QPixmap(size * self._ratio)
        picture.setDevicePixelRatio(self._ratio)
        picture.fill(self._ground)
        painter = QPainter(picture)
        draw(painter)
        painter.end()
        return picture

    def _let_go(self) -> None:
        while self._bytes > self._budget and len(self._made) > 1:
            _, dropped = self._made.popitem(last=False)
            self._bytes -= _bytes_of(*dropped)


def _bytes_of(sight: Seen, picture: QPixmap) -> int:
    """Of the picture, and of the body that is kept alive with it."""
    body = sight.body.image.sizeInBytes() if isinstance(sight.body, Body) else 0
    return picture.width() * picture.height() * _BYTES_PER_PIXEL + body
