"""Paints the tiles of the labelling grid: label above, image, guess and time below. GUI thread only.

A tile that looks as it did is copied whole; see `ui.grid.pictures`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from backend.domain.classifications import Classification, Severity, Symbol, default_classification
from ui.grid.layout import TileShape, body_rect
from ui.grid.pictures import TilePictures
from ui.grid.roles import Body
from ui.grid.text_cache import TextCache
from ui.labelling.values import LabelTile, Saving
from ui.labelling.wording import guess_words, label_words
from ui.theme.contrast import mark_colour, text_colour
from ui.theme.fonts import font, semibold
from ui.theme.symbols import paint_symbol
from ui.theme.tokens import BODY, GRID, LIGHT, LINE, LINE_ALARM, RADIUS, SMALL, Theme

SHAPE = TileShape(title=4 * GRID, strip=3 * GRID)
_INSET = 10
_SYMBOL, _SMALL_SYMBOL = 12, 9
_TITLE_BASELINE = 21
_STRIP_BASELINE = 8
_GAP = 6
_LINE_CLASS = 2
"""Width of the line of a class that is neither normal nor alarming."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelSight:
    """All that decides how a tile looks."""

    tile: LabelTile | None
    body: object
    size: QSize
    blind: bool

    @property
    def key(self) -> Hashable:
        """Equal for what looks the same, as long as the image behind it lives."""
        look = id(self.body.image) if isinstance(self.body, Body) else self.body
        return self.tile, look, self.size.width(), self.size.height(), self.blind


class TilePainter:
    """Paints for one theme and screen scale at a time; `body_painted` hears of every image that came on screen."""

    def __init__(self) -> None:
        self.body_painted: Callable[[LabelTile], None] | None = None
        self._theme, self._ratio = LIGHT, 1.0
        self._pictures = TilePictures(LIGHT.ground, 1.0)
        self._classes: Mapping[str, Classification] = {}
        self._bold, self._words, self._small = TextCache(semibold(BODY)), TextCache(font(BODY)), TextCache(font(SMALL))

    def set_classes(self, classes: Mapping[str, Classification]) -> None:
        """How classes look."""
        self._classes = dict(classes)
        self._pictures.clear()

    def use(self, theme: Theme, ratio: float) -> None:
        """Paint in this theme for a screen of that scale from now on."""
        if (theme, ratio) != (self._theme, self._ratio):
            self._theme, self._ratio = theme, ratio
            self._pictures = TilePictures(theme.ground, ratio)

    def paint(self, painter: QPainter, rect: QRect, tile: LabelTile | None, body: object, *, blind: bool) -> None:
        """Paint a tile into `rect` of the viewport."""
        sight = LabelSight(tile, body, rect.size(), blind)
        painter.drawPixmap(rect.topLeft(), self._pictures.get(sight, lambda onto: self._draw(onto, sight)))
        if tile is not None and isinstance(body, Body) and self.body_painted is not None:
            self.body_painted(tile)

    def known(self, name: str) -> Classification:
        """How a class looks."""
        return self._classes.get(name) or default_classification(name)

    def _draw(self, painter: QPainter, sight: LabelSight) -> None:
        rect = QRect(QPoint(), sight.size)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = self._border(sight.tile)
        half = pen.widthF() / 2
        outline = QPainterPath()
        outline.addRoundedRect(QRectF(rect).adjusted(half, half, -half, -half), RADIUS, RADIUS)
        painter.fillPath(outline, QColor(self._theme.surface))
        self._draw_body(painter, body_rect(rect, SHAPE), sight.body)
        if sight.tile is not None:
            self._draw_title(painter, rect, sight.tile)
            self._draw_strip(painter, rect, sight.tile, blind=sight.blind)
        painter.strokePath(outline, pen)

    def _border(self, tile: LabelTile | None) -> QPen:
        if tile is None or (not tile.label and tile.saving is Saving.SAVED):
            return QPen(QColor(self._theme.line), LINE)
        if tile.saving is not Saving.SAVED:
            waits = tile.saving is Saving.WAITING
            pen = QPen(QColor(self._theme.warning.line if waits else self._theme.field_line), LINE)
            pen.setDashPattern([4.0, 3.0])
            return pen
        known = self.known(tile.label)
        if known.severity is Severity.NORMAL:
            return QPen(QColor(self._theme.line), LINE)
        width = LINE_ALARM if known.severity is Severity.ALARM else _LINE_CLASS
        return QPen(QColor(mark_colour(known.colour, self._theme.surface)), width)

    def _draw_title(self, painter: QPainter, rect: QRect, tile: LabelTile) -> None:
        theme, right = self._theme, rect.right() + 1 - _INSET
        where = self._small.line(tile.where)
        self._small.paint(painter, right - where.width, _TITLE_BASELINE, where, QColor(theme.muted))
        left = _INSET
        if tile.label:
            box = QRectF(left, _TITLE_BASELINE - _SYMBOL + 2, _SYMBOL, _SYMBOL)
            paint_symbol(painter, self._symbol(tile), box, self._ink(tile))
            left += _SYMBOL + _GAP
        texts = self._bold if tile.label and tile.saving is Saving.SAVED else self._words
        if not tile.label and tile.saving is Saving.SAVED:
            texts = self._small
        line = texts.line(label_words(tile), max(1, int(right - where.width - _GAP - left)))
        texts.paint(painter, left, _TITLE_BASELINE, line, QColor(self._text(tile)))

    def _symbol(self, tile: LabelTile) -> Symbol:
        return self.known(tile.label).symbol

    def _text(self, tile: LabelTile) -> str:
        if tile.saving is Saving.WAITING:
            return self._theme.warning.text
        return self._theme.text if tile.label and tile.saving is Saving.SAVED else self._theme.muted

    def _ink(self, tile: LabelTile) -> str:
        known = self.known(tile.label)
        if tile.saving is not Saving.SAVED or known.severity is Severity.NORMAL:
            return self._text(tile)
        return text_colour(known.colour, self._theme.surface)

    def _draw_strip(self, painter: QPainter, rect: QRect, tile: LabelTile, *, blind: bool) -> None:
        theme, baseline = self._theme, rect.bottom() - _STRIP_BASELINE
        right = rect.right() + 1 - _INSET
        taken = self._small.line(tile.taken)
        if blind:
            self._small.paint(painter, right - taken.width, baseline, taken, QColor(theme.muted))
            return
        left = _INSET
        if tile.guess:
            box = QRectF(left, baseline - _SMALL_SYMBOL + 1, _SMALL_SYMBOL, _SMALL_SYMBOL)
            paint_symbol(painter, self.known(tile.guess).symbol, box, theme.muted)
            left += _SMALL_SYMBOL + _GAP - 1
        guess = self._small.line(guess_words(tile), max(1, int(right - left)))
        self._small.paint(painter, left, baseline, guess, QColor(theme.muted))
        if left + guess.width + 2 * _GAP + taken.width <= right:
            self._small.paint(painter, right - taken.width, baseline, taken, QColor(theme.muted))

    def _draw_body(self, painter: QPainter, area: QRect, body: object) -> None:
        area = area.adjusted(2, 0, -2, 0)
        if isinstance(body, Body):
            painter.drawImage(area, body.image) if not _fits(body, area) else _copy(painter, area, body)
            return
        painter.fillRect(area, QColor(self._theme.sunken))
        if isinstance(body, str):
            painter.setFont(font(SMALL))
            painter.setPen(QColor(self._theme.muted))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(area.adjusted(_INSET, 0, -_INSET, 0), flags, body)


def _fits(body: Body, area: QRect) -> bool:
    size = body.image.deviceIndependentSize().toSize()
    return 0 <= size.width() - area.width() <= 4 and size.height() == area.height()


def _copy(painter: QPainter, area: QRect, body: Body) -> None:
    """Pixel for pixel; what the border needs is taken off the sides, which are ground."""
    ratio = body.image.devicePixelRatio()
    spare = (body.image.deviceIndependentSize().toSize().width() - area.width()) // 2
    source = QRect(round(spare * ratio), 0, round(area.width() * ratio), body.image.height())
    painter.drawImage(area.topLeft(), body.image, source)
