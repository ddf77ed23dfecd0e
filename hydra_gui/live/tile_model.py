"""An item model over the tile book: a list of plot types, repainted in bursts. What it lists is up to subclasses."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer
from typing_extensions import override

from hydra_gui.composing.compose_pool import Look
from hydra_gui.live.tile_book import Entry, TileBook
from hydra_gui.live.tile_images import TileImages
from ui.grid.composer import BodySpec
from ui.grid.roles import Section, TileRole
from ui.grid.wording import spoken, tool_tip

Index = QModelIndex | QPersistentModelIndex

FRAME_S = 0.033
_FEW = 24
"""Up to so many rows that come and go are announced one by one, so that the selection stays."""


class TileModel(QAbstractListModel):
    """Rows are plot types. Subclasses decide which, by `_show`."""

    def __init__(self, book: TileBook, images: TileImages, pane: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._book = book
        self._images = images
        self._pane = pane
        self._look: Look | None = None
        self._opacity = 0.0
        self._both_at = 0.0
        self._names: list[str] = []
        self._rows: dict[str, int] = {}
        self._sections: list[Section] | None = None
        self._dirty: set[str] = set()
        self._flushed_at = 0.0
        self._flush_timer = QTimer(self)
        self._flush_timer.setSingleShot(True)
        self._flush_timer.timeout.connect(self._flush)
        images.bodies_ready.connect(self.touch)

    # What views ask.

    @override
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """One row per plot type shown."""
        return 0 if parent.isValid() else len(self._names)

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """See `TileRole`; name, tool tip and a sentence for screen readers besides; None for all else."""
        if not index.isValid() or index.row() >= len(self._names):
            return None
        entry = self._book[self._names[index.row()]]
        if role == TileRole.TILE:
            return entry.tile
        if role == TileRole.BODY:
            return self._images.of(entry.tile, self._look) if self._look is not None else None
        if role == TileRole.WAITING:
            return entry.waiting
        return self._words(entry, role)

    def _words(self, entry: Entry, role: int) -> object:
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.tile.plot_type.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return spoken(entry.tile, datetime.now(UTC))
        if role == Qt.ItemDataRole.ToolTipRole:
            return tool_tip(entry.tile, datetime.now(UTC))
        if role == TileRole.GROUP:
            return self._title(entry)
        return None

    def sections(self) -> Sequence[Section]:
        """Runs of rows under one heading."""
        if self._sections is None:
            titles = (self._title(self._book[name]) for name in self._names)
            self._sections = [Section(title, sum(1 for _ in rows)) for title, rows in groupby(titles)]
        return self._sections

    def _title(self, entry: Entry) -> str:
        """The heading an entry stands under; none unless a subclass groups."""
        return ""

    def index_of(self, plot_type: str) -> QModelIndex:
        """The place of a plot type; invalid where it is not listed."""
        row = self._rows.get(plot_type, -1)
        return self.index(row, 0) if row >= 0 else QModelIndex()

    def names(self) -> Sequence[str]:
        """Plot types in the order of the rows."""
        return tuple(self._names)

    # How bodies look.

    def set_body_spec(self, spec: BodySpec) -> None:
        """Compose bodies for this size and screen from now on."""
        self._set_look(Look(self._pane, spec, self._opacity, self._both_at))

    def set_heat(self, opacity: float, both_at: float = 0.0) -> None:
        """Show heat maps at `opacity` (0: none); `both_at` is the opacity at which they are made ready besides."""
        self._opacity, self._both_at = opacity, both_at
        if self._look is not None:
            self._set_look(replace(self._look, opacity=opacity, both_at=both_at))

    def _set_look(self, look: Look) -> None:
        if look != self._look:
            self._look = look
            if self._names:
                self.dataChanged.emit(self.index(0, 0), self.index(len(self._names) - 1, 0), [TileRole.BODY])

    # What changes.

    def touch(self, names: Iterable[str]) -> None:
        """Have these plot types repainted with the next frame, if they are listed."""
        self._dirty.update(name for name in names if name in self._rows)
        if self._dirty and not self._flush_timer.isActive():
            waited = time.monotonic() - self._flushed_at
            self._flush_timer.start(0 if waited > FRAME_S else round(FRAME_S * 1000))

    def _flush(self) -> None:
        self._flushed_at = time.monotonic()
        rows = sorted(self._rows[name] for name in self._dirty if name in self._rows)
        self._dirty.clear()
        if rows:
            for first, last in _runs(rows):
                self.dataChanged.emit(self.index(first, 0), self.index(last, 0))

    def _show(self, names: list[str]) -> None:
        """List exactly `names`; what stays keeps its selection where only a few rows come, go or move."""
        if names == self._names:
            return
        gone, come = _difference(self._names, names)
        if len(gone) + len(come) > _FEW:
            self.beginResetModel()
            self._set_names(list(names))
            self.endResetModel()
            return
        for name in gone:
            self._remove(self._rows[name])
        for name in come:
            self._insert(names.index(name), name)

    def _remove(self, row: int) -> None:
        self.beginRemoveRows(QModelIndex(), row, row)
        self._set_names(self._names[:row] + self._names[row + 1 :])
        self.endRemoveRows()

    def _insert(self, row: int, name: str) -> None:
        self.beginInsertRows(QModelIndex(), row, row)
        self._set_names([*self._names[:row], name, *self._names[row:]])
        self.endInsertRows()

    def _set_names(self, names: list[str]) -> None:
        self._names = names
        self._rows = {name: row for row, name in enumerate(names)}
        self._sections = None


def _runs(rows: list[int]) -> list[tuple[int, int]]:
    """Sorted rows as (first, last) of runs; one run over all where there are many."""
    runs: list[tuple[int, int]] = []
    for row in rows:
        if runs and row == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], row)
        else:
            runs.append((row, row))
    return runs if len(runs) <= _FEW else [(rows[0], rows[-1])]


def _difference(old: list[str], new: list[str]) -> tuple[list[str], list[str]]:
    """Names to take out of `old`, and names to put in, in the order of `new`, to make it `new`.

    A name that changed its place among the others that stay is taken out and put in again.
    """
    wanted, had = set(new), set(old)
    staying = [name for name in old if name in wanted]
    target = [name for name in new if name in had]
    moved = set(_out_of_order(staying, target))
    gone = [name for name in old if name not in wanted or name in moved]
    come = [name for name in new if name not in had or name in moved]
    return gone, come


def _out_of_order(staying: list[str], target: list[str]) -> list[str]:
    """Names whose removal from both lists leaves them equal; not always the fewest, but few when few moved."""
    if staying == target:
        return []
    place = {name: n for n, name in enumerate(target)}
    moved: list[str] = []
    kept = -1
    for name in staying:
        if place[name] > kept and place[name] <= kept + 1 + len(moved) + 1:
            kept = place[name]
        else:
            moved.append(name)
    return moved
