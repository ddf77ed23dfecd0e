"""Paints a tile: a stamped card, the composed image copied onto it, four lines of text and the strip.

Nothing is shaped, scaled or antialiased here that was drawn before, and a tile that looks as it did is copied whole;
only its age is written anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget
from typing_extensions import override

from backend.domain.classifications import Classification
from backend.domain.hall import Tile
from backend.domain.plots import PlotState
from ui.grid.face import Face, face_of
from ui.grid.layout import STRIP_HEIGHT, body_rect
from ui.grid.pictures import Sight, TilePictures
from ui.grid.roles import Body, TileRole
from ui.grid.stamps import HIGH, Stamps
from ui.grid.text_cache import TextCache
from ui.theme.fonts import font, semibold
from ui.theme.tokens import BODY, LIGHT, RADIUS, SMALL, Theme
from ui.wording import age_of

INSET = 12
"""Distance of texts from the tile's side, in pixels."""

_NAME_BASELINE, _WORD_BASELINE = 20, 38
_SYMBOL_SIDE = 12
_WORD_LEFT = INSET + _SYMBOL_SIDE + 5
_TEXT_GAP = 8
_WORD_SHARE = 0.62
RING, THIN_RING = 2, 1
"""Widths of the ring around the tile looked at, with and without the keyboard's focus."""

_RING_OFFSET = 2.5
_FACES_KEPT = 2048
_AGE_STEP = 8
"""The room for the age grows in steps of so many pixels, so that a name is not elided anew with every second."""

_SUBDUED = 0.45
"""Opacity of an image that a newer plot has overtaken."""

Index = QModelIndex | QPersistentModelIndex


class TileDelegate(QStyledItemDelegate):
    """Paints the tiles of one view. `now` is set before each frame; `body_painted` hears of every image drawn."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.now = datetime.fromtimestamp(0).astimezone()
        self.body_painted: Callable[[Tile], None] | None = None
        self._theme = LIGHT
        self._stamps = Stamps(LIGHT, 1.0)
        self._pictures = TilePictures(LIGHT.ground, 1.0)
        self._classifications: Mapping[str, Classification] = {}
        self._faces: dict[int, tuple[Tile, Face]] = {}
        self._names = TextCache(semibold(BODY))
        self._words = TextCache(font(BODY))
        self._small = TextCache(font(SMALL))
        self._note_font = font(SMALL)
        self._colours: dict[str, QColor] = {}

    def set_classifications(self, classifications: Mapping[str, Classification]) -> None:
        """How classes look from now on; the view is to be repainted by the caller."""
        self._classifications = classifications
        self._faces.clear()
        self._pictures.clear()

    def use(self, theme: Theme, ratio: float) -> None:
        """Paint in this theme for a screen of that scale; costs nothing where neither changed."""
        if theme is not self._theme or ratio != self._stamps.ratio:
            self._theme = theme
            self._stamps = Stamps(theme, ratio)
            self._pictures = TilePictures(theme.ground, ratio)
            self._faces.clear()

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint the tile of `index` into `option.rect`; nothing where the model has no tile."""
        tile = index.data(TileRole.TILE)
        if isinstance(tile, Tile):
            hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
            selected = bool(option.state & QStyle.StateFlag.State_Selected)
            focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
            self.paint_tile(painter, option.rect, index, tile, hovered=hovered, ring=_ring(selected, focused))

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """The layout decides on sizes, not the items."""
        return option.rect.size()

    def paint_tile(
        self, painter: QPainter, rect: QRect, index: Index, tile: Tile, *, hovered: bool = False, ring: int = 0
    ) -> None:
        """Paint `tile` into `rect` of the viewport, with a `ring` of so many pixels around it."""
        body, waiting = index.data(TileRole.BODY), index.data(TileRole.WAITING) is True
        age = self._small.line(self._age(tile, waiting=waiting))
        room = -(-int(age.width + 1) // _AGE_STEP) * _AGE_STEP
        sight = Sight(tile, body, rect.size(), hovered, waiting, room)
        painter.drawPixmap(rect.topLeft(), self._pictures.get(sight, lambda onto: self._draw(onto, sight)))
        right = rect.right() + 1 - INSET
        self._small.paint(painter, right - age.width, rect.top() + _NAME_BASELINE, age, self._colour(self._theme.muted))
        if self.body_painted is not None and isinstance(body, Body) and _shows_verdict(body, tile):
            self.body_painted(tile)
        if ring:
            self._paint_ring(painter, rect, ring)

    def _draw(self, painter: QPainter, sight: Sight) -> None:
        """All but age and ring, with the tile's corner at the origin."""
        rect, face = QRect(QPoint(), sight.size), self._face(sight.tile)
        painter.drawPixmap(QPoint(), self._stamps.card(face.style, sight.size, hovered=sight.hovered))
        self._paint_title(painter, rect, face, sight.width_of_age)
        self._paint_body(painter, body_rect(rect), sight.body, face)
        strip = self._stamps.strip(face.strip, rect.width() - 2 * INSET)
        painter.drawPixmap(QPoint(INSET, rect.bottom() - (STRIP_HEIGHT + HIGH) // 2 + 1), strip)

    @staticmethod
    def age_rect(tile: QRect) -> QRect:
        """Where the age is written on a tile."""
        return QRect(tile.left(), tile.top(), tile.width(), _NAME_BASELINE + 4)

    def _face(self, tile: Tile) -> Face:
        kept = self._faces.get(id(tile))
        if kept is None or kept[0] is not tile:
            if len(self._faces) >= _FACES_KEPT:
                self._faces.clear()
            kept = self._faces[id(tile)] = (tile, face_of(tile, self._classifications, self._theme))
        return kept[1]

    def _paint_title(self, painter: QPainter, rect: QRect, face: Face, width_of_age: int) -> None:
        left, top, right = rect.left(), rect.top(), rect.right() + 1 - INSET
        room = right - left - INSET - _TEXT_GAP - width_of_age
        name = self._names.line(face.name, max(room, 1))
        self._names.paint(painter, left + INSET, top + _NAME_BASELINE, name, self._colour(face.name_colour))
        symbol = self._stamps.symbol(face.symbol, face.colour, _SYMBOL_SIDE)
        painter.drawPixmap(QPoint(left + INSET, top + _WORD_BASELINE - _SYMBOL_SIDE + 2), symbol)
        self._paint_verdict(painter, QPoint(left + _WORD_LEFT, top + _WORD_BASELINE), right, face)

    def _paint_verdict(self, painter: QPainter, at: QPoint, right: int, face: Face) -> None:
        texts = self._names if face.emphasis else self._words
        colour = self._colour(face.colour)
        room = right - at.x()
        if face.confidence:
            number = texts.line(face.confidence)
            texts.paint(painter, right - number.width, at.y(), number, colour)
            room -= int(number.width) + _TEXT_GAP
        texts.paint(painter, at.x(), at.y(), texts.line(face.word, max(room, 1)), colour)

    def _age(self, tile: Tile, *, waiting: bool) -> str:
        if tile.plot is None:
            return ""
        passed = age_of(tile.plot.received_at, self.now)
        return f"… {passed}" if waiting else passed

    def _paint_body(self, painter: QPainter, area: QRect, body: object, face: Face) -> None:
        edge = max(0, face.style.line_width - 1)
        area = area.adjusted(edge, 0, -edge, 0)
        if not isinstance(body, Body):
            painter.fillRect(area, self._colour(self._theme.sunken))
            self._paint_note(painter, area, body if isinstance(body, str) else "")
            return
        if body.late:
            painter.fillRect(area, self._colour(self._theme.sunken))
            painter.setOpacity(_SUBDUED)
        self._copy(painter, area, body)
        painter.setOpacity(1.0)

    def _copy(self, painter: QPainter, area: QRect, body: Body) -> None:
        """Pixel for pixel where the sizes agree; scaled for the moments after a resize."""
        image = body.image
        size = image.deviceIndependentSize().toSize()
        if abs(size.width() - area.width()) <= _EDGES and size.height() == area.height():
            crop = (size.width() - area.width()) // 2
            ratio = image.devicePixelRatio()
            source = QRect(round(crop * ratio), 0, round(area.width() * ratio), image.height())
            painter.drawImage(area.topLeft(), image, source)
        else:
            painter.drawImage(area, image)

    def _paint_note(self, painter: QPainter, area: QRect, text: str) -> None:
        if text:
            painter.setFont(self._note_font)
            painter.setPen(self._colour(self._theme.muted))
            painter.drawText(area.adjusted(INSET, 0, -INSET, 0), _NOTE_FLAGS, text)

    def _paint_ring(self, painter: QPainter, rect: QRect, width: int) -> None:
        """Around the tile and apart from it, so that it is not taken for the line of an alarm."""
        painter.setPen(QPen(self._colour(self._theme.accent), width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ring = rect.toRectF().adjusted(-_RING_OFFSET, -_RING_OFFSET, _RING_OFFSET, _RING_OFFSET)
        painter.drawRoundedRect(ring, RADIUS + _RING_OFFSET, RADIUS + _RING_OFFSET)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _colour(self, name: str) -> QColor:
        colour = self._colours.get(name)
        if colour is None:
            colour = self._colours[name] = QColor(name)
        return colour


_NOTE_FLAGS = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap

_EDGES = 4
"""Up to this many pixels of an image's sides, which are ground, are left to a wide border."""


def _ring(selected: bool, focused: bool) -> int:
    return (RING if focused else THIN_RING) if selected else 0


def _shows_verdict(body: Body, tile: Tile) -> bool:
    plot = tile.plot
    return plot is not None and plot.plot_id == body.plot_id and plot.state is not PlotState.PENDING
