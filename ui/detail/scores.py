"""Probabilities of all classes as bars, each with the mark of its threshold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from backend.domain.classifications import Classification, Severity, default_classification
from backend.domain.hall import ClassScore
from ui.theme.apply import theme_of
from ui.theme.contrast import text_colour
from ui.theme.fonts import font
from ui.theme.symbols import paint_hatch, paint_symbol
from ui.theme.tokens import BODY, GRID, Theme
from ui.wording import class_title, percent

_ROW = 3 * GRID
_BAR, _MARK = 8, 16
_SYMBOL = 11
_LEAD = _SYMBOL + 7
_NUMBER_WIDTH = 7 * GRID + 4
_NAME_SHARE = 0.34


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where names end and bars begin and end, in pixels."""

    name: float
    bar_left: float
    bar_right: float

    def bar(self, middle: float, share: float) -> QRectF:
        """The bar of a share (0 to 1) around that height."""
        return QRectF(self.bar_left, middle - _BAR / 2, (self.bar_right - self.bar_left) * share, _BAR)


@dataclass(frozen=True, slots=True)
class _Row:
    """One class: `top` is the decided one, which alone may be in colour; `middle` its height in pixels."""

    score: ClassScore
    known: Classification
    top: bool
    middle: float

    @property
    def loud(self) -> bool:
        """Whether attention is due."""
        return self.top and self.known.severity is not Severity.NORMAL

    @property
    def doubtful(self) -> bool:
        """Decided, but below the threshold."""
        return self.top and self.score.probability < self.score.threshold


class ScoreBars(QWidget):
    """One row a class, the most probable first."""

    def __init__(self) -> None:
        super().__init__()
        self._scores: tuple[ClassScore, ...] = ()
        self._classes: Mapping[str, Classification] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_scores(self, scores: Sequence[ClassScore], classes: Mapping[str, Classification]) -> None:
        """Show these; a class that `classes` does not hold gets its default looks."""
        self._scores = tuple(sorted(scores, key=lambda score: -score.probability))
        self._classes = classes
        told = [
            f"{class_title(s.classification)} {percent(s.probability)}, threshold {percent(s.threshold)}"
            for s in self._scores
        ]
        self.setAccessibleName("Probabilities and thresholds: " + "; ".join(told))
        self.setToolTip("\n".join(told))
        self.updateGeometry()
        self.update()

    @property
    def scores(self) -> tuple[ClassScore, ...]:
        """What is shown, from top to bottom."""
        return self._scores

    @override
    def sizeHint(self) -> QSize:
        return QSize(40 * GRID, len(self._scores) * _ROW)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(24 * GRID, len(self._scores) * _ROW)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        theme, columns = theme_of(self), self._columns()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(BODY))
        for row in self._rows():
            self._paint_words(painter, theme, columns, row)
            _paint_bar(painter, theme, columns, row)
        painter.end()

    def _rows(self) -> Iterator[_Row]:
        for i, score in enumerate(self._scores):
            known = self._classes.get(score.classification) or default_classification(score.classification)
            yield _Row(score, known, i == 0, (i + 0.5) * _ROW)

    def _columns(self) -> _Columns:
        """The names' column is as wide as the longest needs, up to a third of the width."""
        metrics = QFontMetrics(font(BODY))
        widest = max((metrics.horizontalAdvance(class_title(s.classification)) for s in self._scores), default=0)
        name = min(widest + _LEAD, self.width() * _NAME_SHARE)
        return _Columns(name, name + 2 * GRID, self.width() - _NUMBER_WIDTH - GRID)

    def _paint_words(self, painter: QPainter, theme: Theme, at: _Columns, row: _Row) -> None:
        symbol = QRectF(0, row.middle - _SYMBOL / 2, _SYMBOL, _SYMBOL)
        ink = text_colour(row.known.colour, theme.surface) if row.loud else theme.text if row.top else theme.muted
        paint_symbol(painter, row.known.symbol, symbol, ink)
        name = QRectF(_LEAD, row.middle - _ROW / 2, at.name - _LEAD, _ROW)
        title = class_title(row.score.classification)
        shown = QFontMetrics(painter.font()).elidedText(title, Qt.TextElideMode.ElideRight, round(name.width() + 1))
        painter.setPen(QColor(theme.text if row.top else theme.muted))
        painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, shown)
        number = QRectF(self.width() - _NUMBER_WIDTH, name.top(), _NUMBER_WIDTH, _ROW)
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(number, right, percent(row.score.probability))


def _paint_bar(painter: QPainter, theme: Theme, at: _Columns, row: _Row) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.sunken))
    painter.drawRoundedRect(at.bar(row.middle, 1.0), 2, 2)
    filled = at.bar(row.middle, row.score.probability)
    filled.setWidth(max(1.5, filled.width()))
    colour = row.known.colour if row.loud else theme.normal.line
    if row.doubtful:
        paint_hatch(painter, filled, colour)
    else:
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(filled, 2, 2)
    place = round(at.bar(row.middle, row.score.threshold).right())
    painter.fillRect(QRectF(place - 2, row.middle - _MARK / 2, 4, _MARK), QColor(theme.surface))
    painter.fillRect(QRectF(place - 1, row.middle - _MARK / 2, 2, _MARK), QColor(theme.text))
