"""The model of plots to be labelled: a listing of ids, filled by the screenful, with labels that are on their way."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal
from typing_extensions import override

from backend.domain.labelling import Guess, PlotToLabel
from backend.domain.labels import StandingLabel
from backend.domain.plots import Plot
from hydra_gui.composing.bodies import Bodies
from hydra_gui.composing.compose_pool import Look
from ui.grid.composer import BodySpec
from ui.grid.roles import Section
from ui.labelling.values import LabelRole, LabelTile, Saving
from ui.labelling.wording import spoken

Index = QModelIndex | QPersistentModelIndex

PAGE = 100
"""Rows read at a time."""

_PANE = "labelling"
_FRAME_S = 0.016
_FEW_RUNS = 24


@dataclass(frozen=True, slots=True)
class _Pending:
    """A label that the store has not confirmed, and the gesture that gives it."""

    label: str
    key: uuid.UUID | None


class PlotList(QAbstractListModel):
    """Rows are plots. A tile shows a label as saved only when the store said so."""

    page_wanted = Signal(int)
    """First row of a page that somebody looks at and that is not there yet."""

    def __init__(self, bodies: Bodies, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bodies = bodies
        self._look: Look | None = None
        self._ids: tuple[int, ...] = ()
        self._rows: dict[int, int] = {}
        self._items: dict[int, PlotToLabel] = {}
        self._suggestions: Mapping[int, Guess] = {}
        self._tiles: dict[int, LabelTile] = {}
        self._pending: dict[int, _Pending] = {}
        self._wanted: set[int] = set()
        self._waits = False
        self._blind = False
        self._dirty: set[int] = set()
        self._flushed_at = 0.0
        self._flush_timer = QTimer(self)
        self._flush_timer.setSingleShot(True)
        self._flush_timer.timeout.connect(self._flush)
        bodies.bodies_ready.connect(self.touch)

    # What views ask.

    @override
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """One row per plot listed."""
        return 0 if parent.isValid() else len(self._ids)

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """See `LabelRole`; words for screen readers besides; None for all else."""
        if not index.isValid() or index.row() >= len(self._ids):
            return None
        if role == LabelRole.TILE:
            return self.tile(index.row())
        if role == LabelRole.BODY:
            item = self._items.get(self._ids[index.row()])
            if item is None or self._look is None:
                return None
            return self._bodies.body(item.plot, item.plot.plot_id, self._look)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            tile = self.tile(index.row())
            return spoken(tile, blind=self._blind) if tile is not None else "Plot that is being read"
        return None

    def sections(self) -> Sequence[Section]:
        """All rows under no heading."""
        return [Section("", len(self._ids))] if self._ids else []

    def tile(self, row: int) -> LabelTile | None:
        """What a row shows; None while it is being read, which this begins."""
        plot_id = self._ids[row]
        tile = self._tiles.get(plot_id)
        if tile is not None:
            return tile
        item = self._items.get(plot_id)
        if item is None:
            self._want(row)
            return None
        tile = self._tiles[plot_id] = self._made(item)
        return tile

    def _want(self, row: int) -> None:
        first = row - row % PAGE
        if first not in self._wanted:
            self._wanted.add(first)
            self.page_wanted.emit(first)

    def _made(self, item: PlotToLabel) -> LabelTile:
        plot, standing, pending = item.plot, item.label, self._pending.get(item.plot.plot_id)
        label, saving = (standing.classification if standing else ""), Saving.SAVED
        if pending is not None:
            label, saving = pending.label, Saving.WAITING if self._waits else Saving.PENDING
        return LabelTile(
            plot.plot_id,
            where_words(plot),
            taken_words(plot.taken_at),
            label,
            saving,
            standing.who if standing else "",
            item.guess.classification if item.guess else "",
            item.guess.confidence if item.guess else 0.0,
            item.note,
        )

    # What the presenter asks.

    @property
    def ids(self) -> tuple[int, ...]:
        """The plots in the order of the rows."""
        return self._ids

    def item(self, row: int) -> PlotToLabel | None:
        """What the store said of a row; None where it has not been read."""
        return self._items.get(self._ids[row]) if 0 <= row < len(self._ids) else None

    def row_of(self, plot_id: int) -> int:
        """The row of a plot, -1 where it is not listed."""
        return self._rows.get(plot_id, -1)

    def pending_label(self, plot_id: int) -> str | None:
        """The label of a plot that is on its way; None where none is."""
        pending = self._pending.get(plot_id)
        return pending.label if pending is not None else None

    # What changes.

    def show_listing(
        self,
        ids: Sequence[int],
        first: Sequence[PlotToLabel] = (),
        suggestions: Mapping[int, Guess] = MappingProxyType({}),
    ) -> None:
        """List these plots; `first` are those of the first rows, if they are known already.

        `suggestions` stand in place of the model's guesses.
        """
        self.beginResetModel()
        self._ids = tuple(ids)
        self._rows = {plot_id: row for row, plot_id in enumerate(self._ids)}
        self._suggestions = suggestions
        self._items = {item.plot.plot_id: self._suggested(item) for item in first}
        self._tiles.clear()
        self._wanted = {0} if first else set()
        self.endResetModel()

    def fill(self, first: int, items: Iterable[PlotToLabel]) -> None:
        """The page that begins at row `first` was read."""
        found = {item.plot.plot_id: self._suggested(item) for item in items}
        self._items.update(found)
        self._forget(found)

    def _suggested(self, item: PlotToLabel) -> PlotToLabel:
        suggestion = self._suggestions.get(item.plot.plot_id)
        return item if suggestion is None else replace(item, guess=suggestion)

    def page_failed(self, first: int) -> None:
        """A page could not be read; it is asked for again when somebody looks."""
        self._wanted.discard(first)

    def page_ids(self, first: int) -> tuple[int, ...]:
        """The plots of a page."""
        return self._ids[first : first + PAGE]

    def mark_pending(self, labels: Iterable[tuple[int, str]], key: uuid.UUID | None) -> None:
        """These labels ("" takes one away) are on their way; `key` None while the gesture is still being made."""
        marked = {plot_id: _Pending(label, key) for plot_id, label in labels}
        self._pending.update(marked)
        self._forget(marked)

    def settle(self, standing: Iterable[tuple[int, StandingLabel | None]], key: uuid.UUID) -> None:
        """The store says what counts now; a label of a later gesture stays on its way."""
        changed = []
        for plot_id, label in standing:
            item = self._items.get(plot_id)
            if item is not None:
                self._items[plot_id] = replace(item, label=label)
            changed.append(plot_id)
        self.give_up(changed, key)

    def give_up(self, plot_ids: Iterable[int], key: uuid.UUID | None) -> None:
        """The labels of a gesture are not on their way any more."""
        gone = list(plot_ids)
        for plot_id in gone:
            pending = self._pending.get(plot_id)
            if pending is not None and pending.key == key:
                del self._pending[plot_id]
        self._forget(gone)

    def set_waits(self, waits: bool) -> None:
        """Whether what is on its way cannot be saved for the moment."""
        if waits != self._waits:
            self._waits = waits
            self._forget(self._pending)

    def set_blind(self, blind: bool) -> None:
        """Whether the guess is kept from screen readers as well."""
        self._blind = blind

    def set_spec(self, spec: BodySpec) -> None:
        """Compose images of this size from now on."""
        self._look = Look(_PANE, spec, 0.0)
        if self._ids:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._ids) - 1, 0), [LabelRole.BODY])

    def _forget(self, plot_ids: Iterable[int]) -> None:
        changed = list(plot_ids)
        for plot_id in changed:
            self._tiles.pop(plot_id, None)
        self.touch(changed)

    def touch(self, plot_ids: Iterable[int]) -> None:
        """Have these plots repainted with the next frame, if they are listed."""
        self._dirty.update(row for plot_id in plot_ids if (row := self._rows.get(plot_id, -1)) >= 0)
        if self._dirty and not self._flush_timer.isActive():
            waited = time.monotonic() - self._flushed_at
            self._flush_timer.start(0 if waited > _FRAME_S else round(_FRAME_S * 1000))

    def _flush(self) -> None:
        self._flushed_at = time.monotonic()
        rows = sorted(row for row in self._dirty if row < len(self._ids))
        self._dirty.clear()
        for first, last in _runs(rows):
            self.dataChanged.emit(self.index(first, 0), self.index(last, 0))


def _runs(rows: list[int]) -> list[tuple[int, int]]:
    """Sorted rows as (first, last) of runs; one run over all where there are many."""
    runs: list[tuple[int, int]] = []
    for row in rows:
        if runs and row == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], row)
        else:
            runs.append((row, row))
    return runs if len(runs) <= _FEW_RUNS else [(rows[0], rows[-1])]


def where_words(plot: Plot) -> str:
    """``121266.4``: run and chunk."""
    identity = plot.identity
    return str(identity.run) if identity.chunk is None else f"{identity.run}.{identity.chunk}"


def taken_words(at: datetime) -> str:
    """``20 Nov 13:45`` in local time."""
    return f"{at.astimezone():%d %b %H:%M}"
