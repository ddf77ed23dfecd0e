"""Headings between the groups of a grid: the group's name and how many tiles stand below it."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QPainter

from ui.grid.roles import Section
from ui.grid.text_cache import TextCache
from ui.theme.fonts import font, semibold
from ui.theme.tokens import BODY, GRID, Theme

_BASELINE = 18


class Headings:
    """Paints headings."""

    def __init__(self) -> None:
        self._titles = TextCache(semibold(BODY))
        self._counts = TextCache(font(BODY))

    def paint(self, painter: QPainter, theme: Theme, headings: Iterable[tuple[Section, QRect]]) -> None:
        """Paint each section's title and, more quietly, its count."""
        text, muted = QColor(theme.text), QColor(theme.muted)
        for section, rect in headings:
            title = self._titles.line(section.title, rect.width() - 6 * GRID)
            baseline = rect.top() + _BASELINE
            self._titles.paint(painter, rect.left(), baseline, title, text)
            count = self._counts.line(str(section.count))
            self._counts.paint(painter, rect.left() + title.width + GRID, baseline, count, muted)
