"""The palette: the classes of a plot type with key, symbol, name, count and share, and the eraser."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QMenu, QSizePolicy, QVBoxLayout, QWidget
from typing_extensions import override

from backend.domain.classifications import Classification, Severity, Symbol
from ui.labelling.values import ERASER, Swatch
from ui.theme.apply import theme_of
from ui.theme.contrast import mark_colour, text_colour
from ui.theme.fonts import font, semibold
from ui.theme.symbols import paint_symbol
from ui.theme.tokens import BODY, GRID, RADIUS, Theme
from ui.widgets.buttons import Button, paint_key
from ui.wording import class_title, number

_ROW = 4 * GRID
_KEY_LEFT, _KEY_SIDE = 8, 18
_SYMBOL_LEFT, _SYMBOL = 36, 11
_NAME_LEFT = 54
_BAR = 3
ERASER_KEY = "⌫"
_NEW = "\0new"
"""Stands in the menu for a class that is to be made; no class has this name."""


class PaletteRow(QAbstractButton):
    """One brush. `name` is its class, `ERASER` for none."""

    picked = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self._symbol, self._colour, self._key, self._count, self._share = Symbol.DASH, "", "", -1, 0.0
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self._pick)

    def say(self, words: str, symbol: Symbol, colour: str, key: str, tip: str) -> None:
        """What the row shows; `colour` "" is that of text."""
        self.setText(words)
        self._symbol, self._colour, self._key = symbol, colour, key
        self.setToolTip(f"{tip}  ({key})" if key else tip)
        self._name_aloud()
        self.update()

    def count(self, count: int, share: float) -> None:
        """How many plots have this label, and their share (0 to 1) of all labelled ones."""
        if (count, share) != (self._count, self._share):
            self._count, self._share = count, share
            self._name_aloud()
            self.update()

    def _name_aloud(self) -> None:
        counted = f", {self._count} plots" if self._count >= 0 else ""
        self.setAccessibleName(f"Label with {self.text()}{counted}" if self.name else self.text())

    def _pick(self) -> None:
        self.picked.emit(self.name)

    @override
    def sizeHint(self) -> QSize:
        return QSize(25 * GRID, _ROW)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = theme_of(self), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter, theme)
        middle = self.height() / 2
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._key:
            box = QRectF(_KEY_LEFT, middle - _KEY_SIDE / 2, _KEY_SIDE, _KEY_SIDE)
            paint_key(painter, self._key, box.adjusted(0.5, 0.5, -0.5, -0.5), theme)
        ground = theme.selection if self.isChecked() else theme.surface
        ink = text_colour(self._colour, ground) if self._colour else theme.text
        if not self.isEnabled():
            ink = theme.muted
        paint_symbol(painter, self._symbol, QRectF(_SYMBOL_LEFT, middle - _SYMBOL / 2, _SYMBOL, _SYMBOL), ink)
        self._paint_words(painter, theme)
        painter.end()

    def _paint_ground(self, painter: QPainter, theme: Theme) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        if self.isChecked() or (self.underMouse() and self.isEnabled()):
            painter.setBrush(QColor(theme.selection if self.isChecked() else theme.hover))
            painter.drawRoundedRect(QRectF(self.rect()), RADIUS, RADIUS)
        if self._share > 0:
            room = self.width() - _NAME_LEFT - _KEY_LEFT
            bar = QRectF(_NAME_LEFT, self.height() - _BAR - 2, max(2.0, room * self._share), _BAR)
            painter.setBrush(QColor(mark_colour(self._colour, theme.surface) if self._colour else theme.field_line))
            painter.drawRoundedRect(bar, 1.5, 1.5)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), RADIUS, RADIUS)

    def _paint_words(self, painter: QPainter, theme: Theme) -> None:
        right = self.width() - _KEY_LEFT
        count = number(self._count) if self._count >= 0 else ""
        painter.setPen(QColor(theme.text if self.isChecked() else theme.muted))
        painter.setFont(semibold(BODY) if self.isChecked() else font(BODY))
        box = QRectF(_NAME_LEFT, 0, right - _NAME_LEFT, self.height() - 2)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, count)
        room = box.width() - QFontMetrics(painter.font()).horizontalAdvance(count) - GRID
        words = QFontMetrics(painter.font()).elidedText(self.text(), Qt.TextElideMode.ElideRight, int(room))
        painter.setPen(QColor(theme.text if self.isEnabled() else theme.muted))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, words)


class PaletteView(QWidget):
    """All brushes, one of them chosen. Classes that are not usual for the plot type stand behind a button."""

    brush_chosen = Signal(str)
    """A class, or `ERASER`."""
    new_requested = Signal()
    """A class that does not exist yet is wanted."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[str, PaletteRow] = {}
        self._brush: str | None = None
        self._others: list[str] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._more = Button("Other class …", kind="quiet", tip="Label with a class not yet used for this plot type")
        self._menu = QMenu(self)
        self._menu.addAction("New class …").setData(_NEW)
        self._more.clicked.connect(self._open_menu)
        self._menu.triggered.connect(self._take)
        self._column.addWidget(self._more, 0, Qt.AlignmentFlag.AlignLeft)

    @property
    def rows(self) -> tuple[PaletteRow, ...]:
        """The brushes from top to bottom, the eraser last."""
        return tuple(self._rows.values())

    def show_swatches(self, swatches: Sequence[Swatch], others: Sequence[Classification]) -> None:
        """Show these classes; `others` can be added."""
        names = [swatch.known.name for swatch in swatches]
        if [*names, ERASER] != list(self._rows):
            self._rebuild(names)
        total = sum(swatch.count for swatch in swatches)
        for swatch in swatches:
            self._show(self._rows[swatch.known.name], swatch, total)
        self._offer([known.name for known in others])
        self.show_brush(self._brush)

    def _offer(self, others: list[str]) -> None:
        if others == self._others:
            return
        self._others = others
        self._menu.clear()
        for name in others:
            self._menu.addAction(class_title(name)).setData(name)
        self._menu.addSeparator()
        self._menu.addAction("New class …").setData(_NEW)

    def _show(self, row: PaletteRow, swatch: Swatch, total: int) -> None:
        known = swatch.known
        colour = "" if known.severity is Severity.NORMAL else known.colour
        tip = f"{class_title(known.name)}: {known.description}" if known.description else class_title(known.name)
        row.say(class_title(known.name), known.symbol, colour, swatch.key, tip)
        row.count(swatch.count, swatch.count / total if total else 0.0)

    def _rebuild(self, names: Sequence[str]) -> None:
        for row in self._rows.values():
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = {name: PaletteRow(name) for name in (*names, ERASER)}
        for place, row in enumerate(self._rows.values()):
            row.picked.connect(self.brush_chosen)
            self._column.insertWidget(place, row)
        self._rows[ERASER].say("Take the label away", Symbol.CROSS, "", ERASER_KEY, "Erase labels")

    def show_brush(self, brush: str | None) -> None:
        """Mark the chosen brush; None marks none."""
        self._brush = brush
        for name, row in self._rows.items():
            row.setChecked(name == brush)

    def _take(self, action: QAction) -> None:
        if action.data() == _NEW:
            self.new_requested.emit()
        else:
            self.brush_chosen.emit(action.data())

    def _open_menu(self) -> None:
        self._menu.popup(self._more.mapToGlobal(self._more.rect().bottomLeft()))
