"""The grid of plots to be labelled: a brush paints by click, stroke and range; arrows and keys do the same."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QItemSelection, QItemSelectionModel, QPoint, Qt, Signal
from PySide6.QtGui import (
    QHideEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QWidget
from typing_extensions import override

from ui.grid.layout import DEFAULT_ZOOM
from ui.labelling.strokes import Stroke
from ui.labelling.tiles_view import LabelTilesView

_DWELL_MS = 350
_EDGE_MS = 30
_EDGE_STEP = 28
_Flag = QItemSelectionModel.SelectionFlag
_Action = QAbstractItemView.CursorAction
_KEYS = {
    Qt.Key.Key_Left: _Action.MoveLeft, Qt.Key.Key_Right: _Action.MoveRight, Qt.Key.Key_Up: _Action.MoveUp,
    Qt.Key.Key_Down: _Action.MoveDown, Qt.Key.Key_PageUp: _Action.MovePageUp,
    Qt.Key.Key_PageDown: _Action.MovePageDown, Qt.Key.Key_Home: _Action.MoveHome, Qt.Key.Key_End: _Action.MoveEnd,
}  # fmt: skip


class LabelGrid(LabelTilesView):
    """Rows are plots. The ring shows what a key will label: the tile of the arrows, or all that are selected."""

    stroke_moved = Signal(object)
    """list[int]: rows that the brush has just met."""
    stroke_ended = Signal()
    """The button was released: all rows since the last time are one stroke."""
    range_painted = Signal(int, int)
    """First and last row, both included."""
    opened = Signal(int)
    """Enter: the row is to be shown large."""
    pointed_at = Signal(int)
    """The row under a resting pointer, or -1 once it has gone."""
    preview_toggled = Signal()
    """Space."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._read_only = False
        self._stroke: Stroke | None = None
        self._anchor = -1
        self._by_keys = False
        self._hovered = -1
        self.setSelectionMode(QAbstractItemView.SelectionMode.MultiSelection)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._dwell = self._timer(_DWELL_MS, self._point)
        self._edge = self._timer(_EDGE_MS, self._scroll_at_edge)

    def set_read_only(self, read_only: bool) -> None:
        """Let the pointer look, not paint."""
        self._read_only = read_only

    # What a key acts on.

    @property
    @override
    def targets(self) -> tuple[int, ...]:
        """Rows that a key labels: those selected, or the tile of the arrows; none while only the pointer works."""
        chosen = sorted(index.row() for index in self.selectionModel().selectedIndexes()) if self.model() else []
        if chosen:
            return tuple(chosen)
        return (self.currentIndex().row(),) if self._by_keys and self.currentIndex().isValid() else ()

    @property
    def pointed(self) -> int:
        """The row that a preview is about: under the pointer, else the tile of the arrows; -1 for none."""
        if self._hovered >= 0:
            return self._hovered
        return self.currentIndex().row() if self._by_keys else -1

    def select_visible(self) -> None:
        """Select all tiles that are seen whole."""
        seen = self.viewport().rect()
        rows = [row for row in self.visible_rows() if seen.contains(self._rect(row))] or self.visible_rows()
        if rows:
            self._select(rows[0], rows[-1])
            self._anchor = rows[0]

    def clear_targets(self) -> None:
        """Let nothing be selected any more."""
        self.clearSelection()
        self._anchor = -1
        self.viewport().update()

    def go_to(self, row: int) -> None:
        """Put the arrows' ring on a row and bring it into sight."""
        self._by_keys = True
        index = self._index(row)
        self.selectionModel().setCurrentIndex(index, _Flag.NoUpdate)
        self.scrollTo(index)
        self.viewport().update()

    def _select(self, first: int, last: int) -> None:
        rows = QItemSelection(self._index(min(first, last)), self._index(max(first, last)))
        self.selectionModel().select(rows, _Flag.ClearAndSelect)
        self.viewport().update()

    # The keyboard.

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move, with Shift they select; Enter and Space show large; Ctrl and + or - change the size."""
        action = _KEYS.get(Qt.Key(event.key()))
        if event.matches(QKeySequence.StandardKey.ZoomIn):
            self.set_zoom(self._zoom + 1)
        elif event.matches(QKeySequence.StandardKey.ZoomOut):
            self.set_zoom(self._zoom - 1)
        elif QKeySequence(event.keyCombination()) == _ZOOM_RESET:
            self.set_zoom(DEFAULT_ZOOM)
        elif action is not None:
            self._move(action, extend=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.pointed >= 0:
            self.opened.emit(self.pointed)
        elif event.key() == Qt.Key.Key_Space:
            self.preview_toggled.emit()
        else:
            event.ignore()  # not to the list's own search by letters

    def _move(self, action: _Action, *, extend: bool) -> None:
        before = self.currentIndex().row()
        if not self._by_keys and self._first_seen().isValid() and before not in self.visible_rows():
            target = self._first_seen()
        else:
            target = self.moveCursor(action, Qt.KeyboardModifier.NoModifier)
        if not target.isValid():
            return
        if extend:
            self._anchor = before if self._anchor < 0 <= before else max(self._anchor, 0)
            self._select(self._anchor, target.row())
        else:
            self.clear_targets()
        self.go_to(target.row())

    # The pointer.

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Paint, select with Ctrl, or paint the range since the last click with Shift."""
        row = self.indexAt(event.position().toPoint()).row()
        if event.button() is not Qt.MouseButton.LeftButton or self._read_only:
            return
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._toggle(row)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier and row >= 0 <= self._anchor:
            self.range_painted.emit(min(self._anchor, row), max(self._anchor, row))
            self._anchor = row
        else:
            self._begin(row, event.position().toPoint())

    def _toggle(self, row: int) -> None:
        if row >= 0:
            self.selectionModel().select(self._index(row), _Flag.Toggle)
            self._anchor = row
            self.viewport().update()

    def _begin(self, row: int, at: QPoint) -> None:
        self._by_keys = False
        self.clear_targets()
        self._anchor = row
        if row >= 0:
            self.selectionModel().setCurrentIndex(self._index(row), _Flag.NoUpdate)
        self._stroke = Stroke(self._grid().row_at)
        self._brush(at)

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Paint on while the button is down; else follow the pointer."""
        at = event.position().toPoint()
        if self._stroke is not None:
            self._brush(at)
            if not self.viewport().rect().contains(at):
                self._edge.start()
            return
        self._hover(self.indexAt(at).row())

    def _brush(self, at: QPoint) -> None:
        if self._stroke is not None:
            rows = self._stroke.move(at + QPoint(0, self.verticalOffset()))
            if rows:
                self.stroke_moved.emit(rows)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A stroke ends; the tile that it began with is where a range would begin."""
        if event.button() is Qt.MouseButton.LeftButton and self._stroke is not None:
            rows, self._stroke = self._stroke.rows, None
            self._edge.stop()
            if rows:
                self._anchor = rows[-1]
                self.stroke_ended.emit()

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Two quick clicks are two clicks."""
        self.mousePressEvent(event)

    def _scroll_at_edge(self) -> None:
        at = self.viewport().mapFromGlobal(self.cursor().pos())
        seen = self.viewport().rect()
        if self._stroke is None or seen.contains(at):
            return
        step = -_EDGE_STEP if at.y() < seen.top() else _EDGE_STEP
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + step)
        self._brush(QPoint(at.x(), min(max(at.y(), seen.top()), seen.bottom())))
        self._edge.start()

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        """With Ctrl the wheel changes the size of the tiles."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_zoom(self._zoom + (1 if event.angleDelta().y() > 0 else -1))
            event.accept()
        else:
            super().wheelEvent(event)

    @override
    def viewportEvent(self, event: QEvent) -> bool:
        """Notice when the pointer leaves."""
        if event.type() in (QEvent.Type.Leave, QEvent.Type.HoverLeave):
            self._hover(-1)
        return super().viewportEvent(event)

    @override
    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Another tile comes under the pointer."""
        super().scrollContentsBy(dx, dy)
        if self._hovered >= 0:
            self._hover(self.indexAt(self.viewport().mapFromGlobal(self.cursor().pos())).row())

    def _hover(self, row: int) -> None:
        if row == self._hovered:
            return
        if self._hovered >= 0:
            self.pointed_at.emit(-1)
        self._hovered = row
        if row >= 0:
            self._dwell.start()
        else:
            self._dwell.stop()

    def _point(self) -> None:
        if self._hovered >= 0 and self._stroke is None:
            self.pointed_at.emit(self._hovered)

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        """A stroke that was going on when the grid went away is ended, not forgotten."""
        for timer in (self._dwell, self._edge):
            timer.stop()
        if self._stroke is not None:
            self._stroke = None
            self.stroke_ended.emit()
        self._hover(-1)
        super().hideEvent(event)


_ZOOM_RESET = QKeySequence("Ctrl+0")
