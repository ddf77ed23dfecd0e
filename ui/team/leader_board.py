"""The leader board: labels by person, by day, and by class, drawn as figures one can compare at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from backend.domain.contributions import ClassShare, Contributor, DayCount
from ui.theme.apply import theme_of
from ui.theme.contrast import mark_colour, text_colour
from ui.theme.fonts import font, semibold
from ui.theme.symbols import paint_symbol
from ui.theme.tokens import BODY, GRID, SMALL, Theme
from ui.wording import class_title, number, percent

_LINE = 4 * GRID
_COLUMN = 8 * GRID
_BARS = 11 * GRID
_SYMBOL = 11
_LEFT, _RIGHT = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
_MIDDLE, _CENTRE = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignHCenter
_HEADS = ("today", "this week", "all")


class PeopleTable(QWidget):
    """One line a person: place, name, plots labelled today, this week, ever, and a bar of the last."""

    def __init__(self) -> None:
        super().__init__()
        self._people: Sequence[Contributor] = ()
        self._who = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_people(self, people: Sequence[Contributor], who: str) -> None:
        """Show these, most first; the line of `who` is set off."""
        self._people, self._who = people, who
        said = "; ".join(f"{p.who}: {p.today} today, {p.week} this week, {p.ever} in all" for p in people)
        self.setAccessibleName(f"Plots labelled by person. {said}" if said else "Nobody has labelled yet")
        self.updateGeometry()
        self.update()

    @override
    def sizeHint(self) -> QSize:
        return QSize(40 * GRID, _LINE * (1 + len(self._people)))

    @override
    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), theme_of(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(SMALL))
        painter.setPen(QColor(theme.muted))
        for place, head in enumerate(_HEADS):
            painter.drawText(self._cell(0, place), _MIDDLE | _RIGHT, head)
        most = max((person.ever for person in self._people), default=1)
        for line, person in enumerate(self._people, 1):
            self._paint_person(painter, theme, line, person, person.ever / most)
        painter.end()

    def _cell(self, line: int, place: int) -> QRectF:
        right = self.width() - (len(_HEADS) - 1 - place) * _COLUMN
        return QRectF(right - _COLUMN, line * _LINE, _COLUMN, _LINE)

    def _paint_person(self, painter: QPainter, theme: Theme, line: int, person: Contributor, share: float) -> None:
        mine = person.who == self._who
        top, room = line * _LINE, self.width() - 3 * _COLUMN - 3 * GRID - GRID
        painter.setFont(font(SMALL))
        painter.setPen(QColor(theme.muted))
        painter.drawText(QRectF(0, top, 2 * GRID, _LINE), _MIDDLE | _RIGHT, str(line))
        painter.setFont(semibold(BODY) if mine else font(BODY))
        painter.setPen(QColor(theme.text))
        name = f"{person.who} (you)" if mine else person.who
        shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(3 * GRID, top, room, _LINE - 6), _MIDDLE | _LEFT, shown)
        for place, count in enumerate((person.today, person.week, person.ever)):
            painter.setPen(QColor(theme.text if count else theme.muted))
            painter.drawText(self._cell(line, place), _MIDDLE | _RIGHT, number(count) if count else "–")
        _bar(painter, theme, QRectF(3 * GRID, top + _LINE - 6, room, 3), share, theme.accent if mine else theme.muted)


class DayBars(QWidget):
    """Plots labelled on each of the last days."""

    def __init__(self) -> None:
        super().__init__()
        self._days: Sequence[DayCount] = ()
        self.setFixedHeight(_BARS + _LINE + GRID)

    def show_days(self, days: Sequence[DayCount]) -> None:
        """Show these, oldest first."""
        self._days = days
        said = ", ".join(f"{one.count} on {one.day:%d %b}" for one in days if one.count)
        self.setAccessibleName(f"Plots labelled by day: {said or 'none'}")
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), theme_of(self)
        painter.setFont(font(SMALL))
        most = max((one.count for one in self._days), default=0)
        step = self.width() / max(1, len(self._days))
        for place, one in enumerate(self._days):
            self._paint_day(painter, theme, QRectF(place * step, 0, step, self.height()), one, most)
        painter.fillRect(QRectF(0, _LINE / 2 + _BARS, self.width(), 1), QColor(theme.line))
        painter.end()

    def _paint_day(self, painter: QPainter, theme: Theme, box: QRectF, one: DayCount, most: int) -> None:
        base, tall = _LINE / 2 + _BARS, _BARS * one.count / most if most else 0
        last = one is self._days[-1]
        bar = QRectF(box.left() + 3, base - tall, box.width() - 6, tall)
        painter.fillRect(bar, QColor(theme.accent if last else theme.muted))
        painter.setPen(QColor(theme.text if last else theme.muted))
        if one.count and (last or one.count == most):
            count = QRectF(box.left() - 2 * GRID, base - tall - 2 * GRID, box.width() + 4 * GRID, 2 * GRID)
            painter.drawText(count, Qt.AlignmentFlag.AlignCenter, number(one.count))
        words = "today" if last else _day_words(one.day)
        painter.drawText(
            QRectF(box.left() - GRID, base + 4, box.width() + 2 * GRID, 2 * GRID), _MIDDLE | _CENTRE, words
        )


def _day_words(day: date) -> str:
    """Mondays are named; between them a line would be too full."""
    return f"{day:%d %b}" if day.weekday() == 0 else ""


class ClassBars(QWidget):
    """What plots are labelled with: symbol, name, bar, count and share of each class."""

    def __init__(self) -> None:
        super().__init__()
        self._shares: Sequence[ClassShare] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_shares(self, shares: Sequence[ClassShare]) -> None:
        """Show these, most first."""
        self._shares = shares
        said = ", ".join(f"{class_title(one.classification.name)} {one.count}" for one in shares)
        self.setAccessibleName(f"Labels that count: {said or 'none'}")
        self.updateGeometry()
        self.update()

    @override
    def sizeHint(self) -> QSize:
        return QSize(40 * GRID, _LINE * len(self._shares))

    @override
    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), theme_of(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        total = sum(one.count for one in self._shares) or 1
        for line, one in enumerate(self._shares):
            self._paint_share(painter, theme, line * _LINE, one, one.count / total)
        painter.end()

    def _paint_share(self, painter: QPainter, theme: Theme, top: int, one: ClassShare, share: float) -> None:
        known = one.classification
        box = QRectF(0, top + (_LINE - 6 - _SYMBOL) / 2, _SYMBOL, _SYMBOL)
        paint_symbol(painter, known.symbol, box, mark_colour(known.colour, theme.surface))
        painter.setFont(font(BODY))
        painter.setPen(QColor(text_colour(known.colour, theme.surface)))
        room = self.width() - 2 * _COLUMN - 3 * GRID
        shown = painter.fontMetrics().elidedText(class_title(known.name), Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(2 * GRID + 4, top, room, _LINE - 6), _MIDDLE | _LEFT, shown)
        right = self.width()
        painter.setPen(QColor(theme.text))
        painter.drawText(QRectF(right - 2 * _COLUMN, top, _COLUMN, _LINE - 6), _MIDDLE | _RIGHT, number(one.count))
        painter.setPen(QColor(theme.muted))
        painter.drawText(QRectF(right - _COLUMN, top, _COLUMN, _LINE - 6), _MIDDLE | _RIGHT, percent(share))
        track = QRectF(2 * GRID + 4, top + _LINE - 6, right - 2 * GRID - 4, 3)
        _bar(painter, theme, track, share, mark_colour(known.colour, theme.surface))


def _bar(painter: QPainter, theme: Theme, track: QRectF, share: float, hue: str) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.sunken))
    painter.drawRoundedRect(track, 1.5, 1.5)
    filled = QRectF(track)
    filled.setWidth(max(3.0, track.width() * share) if share else 0)
    painter.setBrush(QColor(hue))
    painter.drawRoundedRect(filled, 1.5, 1.5)
    painter.setBrush(Qt.BrushStyle.NoBrush)
