"""Where tiles and headings stand. Plain geometry in pixels of the scrolled content; no widgets.

Made once per change of model or width, in a time that grows with the sections only; every question is answered
in a time that grows with the logarithm of the sections.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QSize

from ui.grid.roles import Section
from ui.theme.tokens import GRID

MARGIN = 2 * GRID
TOP = GRID
"""Free space above the first tile; what stands above the grid brings some of its own."""

GAP = 12
HEADING_HEIGHT = 4 * GRID
SECTION_GAP = 12

TITLE_HEIGHT = 6 * GRID
STRIP_HEIGHT = 3 * GRID
_BODY_SHAPE = 0.72
"""Height of a tile's image area as a share of the tile's width: that of a 4:3 plot with a margin."""


@dataclass(frozen=True, slots=True)
class TileShape:
    """Pixels kept above a tile's image for its title, and below it for a strip."""

    title: int = TITLE_HEIGHT
    strip: int = STRIP_HEIGHT


LIVE_SHAPE = TileShape()

TILE_WIDTHS = (152, 196, 264, 344)
"""Narrowest tiles of the zoom steps; tiles grow beyond to fill the row."""

DEFAULT_ZOOM = 1


def tile_size(width: int, shape: TileShape = LIVE_SHAPE) -> QSize:
    """A whole tile of that width."""
    return QSize(width, shape.title + round(width * _BODY_SHAPE) + shape.strip)


def body_rect(tile: QRect, shape: TileShape = LIVE_SHAPE) -> QRect:
    """The image area of a tile; one pixel at either side is left to the border."""
    return tile.adjusted(1, shape.title, -1, -shape.strip)


@dataclass(frozen=True, slots=True)
class _Band:
    """One section laid out: first row of the model, top of its heading and of its tiles."""

    section: Section
    first: int
    top: int
    tiles_top: int
    bottom: int


class GridLayout:
    """Sections of uniform tiles in as many columns as the width allows."""

    def __init__(
        self,
        sections: Sequence[Section],
        width: int,
        tile_width: int,
        columns: int = 0,
        shape: TileShape = LIVE_SHAPE,
    ) -> None:
        """Lay out for a viewport `width`; `columns` 0 means as many as fit."""
        room = max(width - 2 * MARGIN, 1)
        self.columns = columns or max(1, (room + GAP) // (tile_width + GAP))
        self.tile = tile_size(max(1, (room - (self.columns - 1) * GAP) // self.columns), shape)
        self._bands = self._stack(sections)
        self._firsts = [band.first for band in self._bands]
        self._tops = [band.top for band in self._bands]
        last = self._bands[-1] if self._bands else None
        self.rows = last.first + last.section.count if last else 0
        self.height = last.bottom + MARGIN if last else 0
        self.width = width

    @property
    def pitch(self) -> int:
        """Distance from one line of tiles to the next."""
        return self.tile.height() + GAP

    def _stack(self, sections: Sequence[Section]) -> list[_Band]:
        bands = []
        first = 0
        top = TOP
        for section in sections:
            tiles_top = top + (HEADING_HEIGHT if section.title else 0)
            lines = -(-section.count // self.columns)
            bottom = tiles_top + lines * self.pitch - GAP
            bands.append(_Band(section, first, top, tiles_top, bottom))
            first += section.count
            top = bottom + SECTION_GAP
        return bands

    def rect(self, row: int) -> QRect:
        """The tile of a row; an empty rectangle where there is no such row."""
        if not 0 <= row < self.rows:
            return QRect()
        band = self._bands[self._band_of(row)]
        line, column = divmod(row - band.first, self.columns)
        left = MARGIN + column * (self.tile.width() + GAP)
        return QRect(QPoint(left, band.tiles_top + line * self.pitch), self.tile)

    def reach(self, row: int) -> tuple[int, int]:
        """Top and bottom of what should be seen together with a tile: its margin, and the heading right above it."""
        band = self._bands[self._band_of(row)]
        rect = self.rect(row)
        top = band.top if row < band.first + self.columns else rect.top()
        return max(0, top - TOP), rect.bottom() + 1 + MARGIN

    def row_at(self, point: QPoint) -> int:
        """The row whose tile covers `point`, or -1."""
        place = bisect_right(self._tops, point.y()) - 1
        if place < 0:
            return -1
        band = self._bands[place]
        line = (point.y() - band.tiles_top) // self.pitch
        column = (point.x() - MARGIN) // (self.tile.width() + GAP)
        row = band.first + line * self.columns + column
        inside = line >= 0 and 0 <= column < self.columns and row < band.first + band.section.count
        return row if inside and self.rect(row).contains(point) else -1

    def rows_between(self, top: int, bottom: int) -> Iterator[int]:
        """Rows whose tiles meet the horizontal stripe, `top` and `bottom` included."""
        for place in self._bands_between(top, bottom):
            band = self._bands[place]
            first_line = max(0, (top - band.tiles_top) // self.pitch)
            last_line = (bottom - band.tiles_top) // self.pitch
            start = band.first + first_line * self.columns
            stop = min(band.first + band.section.count, band.first + (last_line + 1) * self.columns)
            yield from range(start, stop)

    def headings_between(self, top: int, bottom: int) -> Iterator[tuple[Section, QRect]]:
        """Sections whose headings meet the stripe, each with the place of its heading."""
        for place in self._bands_between(top, bottom):
            band = self._bands[place]
            if band.section.title and band.tiles_top > top:
                yield band.section, QRect(MARGIN, band.top, self.width - 2 * MARGIN, HEADING_HEIGHT)

    def column(self, row: int) -> int:
        """The column of a row that exists, from 0."""
        return (row - self._bands[self._band_of(row)].first) % self.columns

    def moved(self, row: int, lines: int, column: int) -> int:
        """The row `lines` lines further down (up where negative), or in the utmost line, as near `column` as can be."""
        for _ in range(abs(lines)):
            further = self._line_after(row, column) if lines > 0 else self._line_before(row, column)
            if further < 0:
                break
            row = further
        return row

    def _band_of(self, row: int) -> int:
        return bisect_right(self._firsts, row) - 1

    def _bands_between(self, top: int, bottom: int) -> range:
        first = max(0, bisect_right(self._tops, top) - 1)
        return range(first, bisect_right(self._tops, bottom))

    def _line_before(self, row: int, column: int) -> int:
        place = self._band_of(row)
        band = self._bands[place]
        line = (row - band.first) // self.columns
        if line > 0:
            return self._in_line(band, line - 1, column)
        return self._in_line(self._bands[place - 1], self._last_line(self._bands[place - 1]), column) if place else -1

    def _line_after(self, row: int, column: int) -> int:
        place = self._band_of(row)
        band = self._bands[place]
        line = (row - band.first) // self.columns
        if line < self._last_line(band):
            return self._in_line(band, line + 1, column)
        return self._in_line(self._bands[place + 1], 0, column) if place + 1 < len(self._bands) else -1

    def _last_line(self, band: _Band) -> int:
        return (band.section.count - 1) // self.columns

    def _in_line(self, band: _Band, line: int, column: int) -> int:
        return min(band.first + line * self.columns + column, band.first + band.section.count - 1)
