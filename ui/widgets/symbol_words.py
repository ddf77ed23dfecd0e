"""A symbol with words beside it: state is never said by colour alone."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from backend.domain.classifications import Symbol
from ui.theme.apply import theme_of
from ui.theme.contrast import text_colour
from ui.theme.fonts import font
from ui.theme.symbols import paint_symbol
from ui.theme.tokens import BODY
from ui.widgets.tone import Tone, colour

_GAP = 6
_SYMBOL_SHARE = 0.82
"""Side of the symbol as a share of the type size."""


class SymbolWords(QWidget):
    """Symbol and words in one tone, and an optional second text in the muted tone."""

    def __init__(self, size: int = BODY, weight: QFont.Weight = QFont.Weight.Normal, detail_size: int = BODY) -> None:
        super().__init__()
        self._font, self._detail_font = font(size, weight), font(detail_size)
        self._side = round(size * _SYMBOL_SHARE)
        self._symbol: Symbol | None = None
        self._tone, self._text, self._detail, self._hue = Tone.TEXT, "", "", ""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def say(self, symbol: Symbol | None, text: str, tone: Tone = Tone.TEXT, detail: str = "", hue: str = "") -> None:
        """Show this; the accessible name says the same in words.

        `hue` (``#rrggbb``), a class's own colour made readable, takes the place of the tone's.
        """
        said = (symbol, text, tone, detail, hue)
        if said == (self._symbol, self._text, self._tone, self._detail, self._hue):
            return
        self._symbol, self._text, self._tone, self._detail, self._hue = said
        self.setAccessibleName(f"{text} {detail}".strip())
        self.updateGeometry()
        self.update()

    @property
    def text(self) -> str:
        """The words without the detail."""
        return self._text

    @property
    def detail(self) -> str:
        """The muted words behind."""
        return self._detail

    @property
    def tone(self) -> Tone:
        """The tone in force."""
        return self._tone

    @property
    def symbol(self) -> Symbol | None:
        """The symbol in front."""
        return self._symbol

    @override
    def sizeHint(self) -> QSize:
        width = self._lead() + QFontMetrics(self._font).horizontalAdvance(self._text)
        if self._detail:
            width += _GAP + QFontMetrics(self._detail_font).horizontalAdvance(self._detail)
        return QSize(width + 1, QFontMetrics(self._font).height())

    @override
    def minimumSizeHint(self) -> QSize:
        words = min(QFontMetrics(self._font).horizontalAdvance(self._text), 4 * self._side)
        return QSize(self._lead() + words + 1, self.sizeHint().height())

    def _lead(self) -> int:
        return self._side + _GAP if self._symbol else 0

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme = theme_of(self)
        ink = text_colour(self._hue, theme.surface) if self._hue else colour(theme, self._tone)
        if self._symbol:
            box = QRectF(0, (self.height() - self._side) / 2, self._side, self._side)
            paint_symbol(painter, self._symbol, box, ink)
        left = self._draw(painter, self._lead(), self._text, self._font, ink)
        if self._detail:
            self._draw(painter, left + _GAP, self._detail, self._detail_font, theme.muted)
        painter.end()

    def _draw(self, painter: QPainter, left: int, text: str, face: QFont, ink: str) -> int:
        """Draw on the common baseline; returns where the text ends."""
        metrics, tall = QFontMetrics(face), QFontMetrics(self._font)
        baseline = (self.height() + tall.ascent() - tall.descent()) // 2
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0, self.width() - left))
        painter.setFont(face)
        painter.setPen(ink)
        painter.drawText(left, baseline, shown)
        return left + metrics.horizontalAdvance(shown)
