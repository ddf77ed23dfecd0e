"""A list view whose items are uniform tiles in sections: the geometry, the keyboard and the selection of a grid.

A QListView, so that screen readers find its items; of its geometry nothing is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from PySide6.QtCore import (
    QAbstractItemModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
)
from PySide6.QtGui import QRegion, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QWidget
from typing_extensions import override

from ui.grid.layout import DEFAULT_ZOOM, LIVE_SHAPE, TILE_WIDTHS, GridLayout, TileShape
from ui.grid.roles import Section, SectionedRows, TileRole

Index = QModelIndex | QPersistentModelIndex
_Action = QAbstractItemView.CursorAction

RING_ROOM = 5
"""Pixels around a tile that its ring may touch."""

_SCROLL_STEP = 40


class SectionedView(QListView):
    """Rows of one section follow each other in the model. `columns` 0 takes as many as fit."""

    def __init__(self, parent: QWidget | None = None, *, columns: int = 0, shape: TileShape = LIVE_SHAPE) -> None:
        super().__init__(parent)
        self._columns = columns
        self._shape = shape
        self._zoom = DEFAULT_ZOOM
        self._layout: GridLayout | None = None
        self._column_kept = -1
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)

    def visible_rows(self) -> list[int]:
        """Rows of which something is seen now."""
        top = self.verticalOffset()
        return list(self._grid().rows_between(top, top + self.viewport().height() - 1))

    def _first_seen(self) -> QModelIndex:
        rows = self.visible_rows()
        return self._index(rows[0]) if rows else QModelIndex()

    def _grid(self) -> GridLayout:
        # Laid out for the whole width: the scroll bar comes and goes in the margin and moves nothing.
        if self._layout is None:
            width = TILE_WIDTHS[self._zoom]
            self._layout = GridLayout(self._sections(), self.width(), width, self._columns, self._shape)
        return self._layout

    def _sections(self) -> Sequence[Section]:
        model = self.model()
        if model is None:
            return ()
        if isinstance(model, SectionedRows):
            return model.sections()
        titles = (str(model.index(row, 0).data(TileRole.GROUP) or "") for row in range(model.rowCount()))
        return [Section(title, len(list(rows))) for title, rows in groupby(titles)]

    def _relayout(self) -> None:
        self._layout = None
        self.scheduleDelayedItemsLayout()

    def layout_settled(self) -> None:
        """For subclasses: tiles may have another size now."""

    @override
    def setModel(self, model: QAbstractItemModel | None) -> None:
        """Show another model."""
        super().setModel(model)
        if model is not None:
            for signal in (model.rowsInserted, model.rowsRemoved, model.rowsMoved, model.modelReset):
                signal.connect(self._relayout)
            model.layoutChanged.connect(self._relayout)
        self._relayout()

    @override
    def doItemsLayout(self) -> None:
        """Lay out anew and adapt the scroll bar."""
        self._layout = None
        QAbstractItemView.doItemsLayout(self)
        self.layout_settled()

    @override
    def updateGeometries(self) -> None:
        """Give the scroll bar the height of the content."""
        height = self.viewport().height()
        bar = self.verticalScrollBar()
        bar.setSingleStep(_SCROLL_STEP)
        bar.setPageStep(height)
        bar.setRange(0, max(0, self._grid().height - height))

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out for the new width at once: a grid that lags behind its window looks broken."""
        if self._layout is not None and self._layout.width != self.width():
            self._layout = None
        self.updateGeometries()
        self.viewport().update()
        self.layout_settled()

    @override
    def horizontalOffset(self) -> int:
        """Never scrolled sideways."""
        return 0

    @override
    def verticalOffset(self) -> int:
        """Pixels scrolled down."""
        return self.verticalScrollBar().value()

    @override
    def isIndexHidden(self, index: Index) -> bool:
        """Hidden plots are not in the model at all."""
        return False

    @override
    def visualRect(self, index: Index) -> QRect:
        """The tile in viewport coordinates."""
        if not index.isValid():
            return QRect()
        return self._grid().rect(index.row()).translated(0, -self.verticalOffset())

    @override
    def indexAt(self, point: QPoint) -> QModelIndex:
        """The tile under a point of the viewport."""
        return self._index(self._grid().row_at(point + QPoint(0, self.verticalOffset())))

    def _index(self, row: int) -> QModelIndex:
        model = self.model()
        return model.index(row, 0) if model is not None and row >= 0 else QModelIndex()

    @override
    def scrollTo(
        self, index: Index, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        """Bring a tile into sight, with its heading where it stands in the first line below it."""
        if not index.isValid() or not self.isVisible():
            return
        self.updateGeometries()
        rect = self._grid().rect(index.row())
        bar, height = self.verticalScrollBar(), self.viewport().height()
        above, below = self._grid().reach(index.row())
        if hint is QAbstractItemView.ScrollHint.PositionAtCenter:
            bar.setValue(rect.center().y() - height // 2)
        elif above < bar.value() or hint is QAbstractItemView.ScrollHint.PositionAtTop:
            bar.setValue(above)
        elif below > bar.value() + height or hint is QAbstractItemView.ScrollHint.PositionAtBottom:
            bar.setValue(below - height)

    @override
    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        """Select the tile a click met."""
        index = self.indexAt(rect.normalized().topLeft())
        selection = QItemSelection(index, index) if index.isValid() else QItemSelection()
        self.selectionModel().select(selection, command)

    @override
    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        """Where selected tiles are drawn, rings included."""
        region = QRegion()
        for index in selection.indexes():
            region += self._with_ring(self.visualRect(index))
        return region

    @staticmethod
    def _with_ring(rect: QRect) -> QRect:
        return rect.adjusted(-RING_ROOM, -RING_ROOM, RING_ROOM, RING_ROOM)

    @override
    def moveCursor(self, action: _Action, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Arrows move to neighbours, up and down across headings; a short line does not lose the column."""
        grid = self._grid()
        if not grid.rows:
            return QModelIndex()
        row = self.currentIndex().row()
        if row < 0:
            return self._first_seen() if action is not _Action.MoveEnd else self._index(grid.rows - 1)
        lines = self._lines(action)
        if lines:
            self._column_kept = grid.column(row) if self._column_kept < 0 else self._column_kept
            return self._index(grid.moved(row, lines, self._column_kept))
        self._column_kept = -1
        return self._index(self._beside(row, action, grid.rows))

    def _lines(self, action: _Action) -> int:
        page = max(1, self.viewport().height() // self._grid().pitch)
        return {
            _Action.MoveUp: -1, _Action.MoveDown: 1, _Action.MovePageUp: -page, _Action.MovePageDown: page,
        }.get(action, 0)  # fmt: skip

    @staticmethod
    def _beside(row: int, action: _Action, count: int) -> int:
        wanted = {
            _Action.MoveLeft: row - 1, _Action.MovePrevious: row - 1, _Action.MoveRight: row + 1,
            _Action.MoveNext: row + 1, _Action.MoveHome: 0, _Action.MoveEnd: count - 1,
        }.get(action, row)  # fmt: skip
        return min(max(wanted, 0), count - 1)

    @override
    def rowsAboutToBeRemoved(self, parent: Index, start: int, end: int) -> None:
        """A removed tile leaves no tile current: what a person looks at never becomes another plot by itself."""
        if start <= self.currentIndex().row() <= end:
            self.setCurrentIndex(QModelIndex())
        super().rowsAboutToBeRemoved(parent, start, end)
