"""The menu of a tile: what can be done with one plot beside labelling it."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QMenu

from ui.labelling.grid import LabelGrid


class TileMenu(QObject):
    """Opens at the pointer, or at the ringed tile by the menu key. Signals carry the row."""

    similar_requested = Signal(int)
    opened = Signal(int)
    keep_requested = Signal(int)
    faults_requested = Signal(int)

    def __init__(self, grid: LabelGrid) -> None:
        super().__init__(grid)
        self._grid = grid
        self._row = -1
        self.menu = QMenu(grid)
        for words, told in (
            ("Find similar\tCtrl+F", self._similar),
            ("Show large\tEnter", self._open),
            ("Keep this label\tCtrl+K", self._keep),
            ("Make faulty variants …", self._make_faults),
        ):
            self.menu.addAction(words).triggered.connect(told)
        grid.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        grid.customContextMenuRequested.connect(self._ask)

    def _ask(self, at: QPoint) -> None:
        row = self._grid.indexAt(at).row()
        if row < 0 and self._grid.targets:
            row = self._grid.targets[0]
            at = self._grid.visualRect(self._grid.model().index(row, 0)).center()
        if row >= 0:
            self._row = row
            self.menu.popup(self._grid.viewport().mapToGlobal(at))

    def _similar(self) -> None:
        self.similar_requested.emit(self._row)

    def _open(self) -> None:
        self.opened.emit(self._row)

    def _keep(self) -> None:
        self.keep_requested.emit(self._row)

    def _make_faults(self) -> None:
        self.faults_requested.emit(self._row)
