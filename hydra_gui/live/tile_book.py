"""The hall as the window knows it now: one entry per plot type, sorted by group and name. No Qt."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from backend.domain.classifications import Severity
from backend.domain.hall import Tile
from backend.domain.plots import PlotState
from ui.live.filters import TileFilter

Key = tuple[tuple[str, ...], str]


def category(tile: Tile) -> TileFilter:
    """The chip a tile counts under; `ALL` for one that needs no second look."""
    verdict = tile.verdict
    if verdict is None:
        judged = tile.plot is None or tile.plot.state is not PlotState.NO_MODEL
        return TileFilter.ALL if judged else TileFilter.NO_MODEL
    if not verdict.confirmed:
        return TileFilter.UNCONFIRMED
    return {Severity.ALARM: TileFilter.ALARM, Severity.WARNING: TileFilter.WARNING}.get(
        verdict.severity, TileFilter.ALL
    )


@dataclass(slots=True, eq=False)
class Entry:
    """One plot type. `tile` shows the newest plot that is decided, or one that waits where none is yet.

    `newest_id` is the newest plot known, decided or not; `search` is what a search looks through.
    """

    tile: Tile
    key: Key
    category: TileFilter
    newest_id: int
    search: str

    @property
    def waiting(self) -> bool:
        """Whether a newer plot waits for its verdict."""
        return self.newest_id > _plot_id(self.tile)


@dataclass(frozen=True, slots=True)
class Changes:
    """What an update did: plot types that are `new`, `moved` to another group, and all that look different."""

    new: tuple[str, ...]
    moved: tuple[str, ...]
    changed: tuple[str, ...]


class TileBook:
    """Entries by plot type name. Group headings sort in the order of their names; no group comes last."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._order: list[Key] = []

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, name: str) -> Entry:
        return self._entries[name]

    def get(self, name: str) -> Entry | None:
        """The entry of a plot type, or None."""
        return self._entries.get(name)

    def names(self) -> Iterator[str]:
        """Plot types in order of group and name."""
        return (key[1] for key in self._order)

    def entries(self) -> Iterator[Entry]:
        """All entries, in no particular order."""
        return iter(self._entries.values())

    def update(self, tiles: Iterable[Tile]) -> Changes:
        """Take in tiles, the latest decided plot of each plot type wins; at most one change per plot type."""
        new: list[str] = []
        moved: list[str] = []
        changed: dict[str, None] = {}
        for tile in tiles:
            name = tile.plot_type.name
            entry = self._entries.get(name)
            if entry is None:
                self._add(tile)
                new.append(name)
            elif self._take(entry, tile):
                changed[name] = None
                if self._regroup(entry, tile):
                    moved.append(name)
        self._put_in_order(new, moved)
        return Changes(tuple(new), tuple(moved), tuple(changed))

    def _add(self, tile: Tile) -> None:
        key = _key(tile)
        self._entries[key[1]] = Entry(tile, key, category(tile), _plot_id(tile), _searchable(tile))

    def _take(self, entry: Entry, tile: Tile) -> bool:
        """Whether `entry` looks different now. An older plot than the one shown changes nothing."""
        plot_id, shown_id = _plot_id(tile), _plot_id(entry.tile)
        if plot_id < shown_id:
            return False
        waited = entry.waiting
        entry.newest_id = max(entry.newest_id, plot_id)
        if _undecided(tile) and not _undecided(entry.tile):
            return entry.waiting != waited
        entry.tile, entry.category, entry.search = tile, category(tile), _searchable(tile)
        return True

    def _regroup(self, entry: Entry, tile: Tile) -> bool:
        key = _key(tile)
        if entry.tile is not tile or key == entry.key:
            return False
        self._order.remove(entry.key)
        entry.key = key
        return True

    def _put_in_order(self, new: list[str], moved: list[str]) -> None:
        keys = [self._entries[name].key for name in (*new, *moved)]
        if len(keys) > _FEW:
            self._order = sorted([*self._order, *keys])
            return
        for key in keys:
            insort(self._order, key)


_FEW = 16
"""More new plot types at once than this are sorted in one go."""

_LAST = "\U0010ffff"


def _key(tile: Tile) -> Key:
    return tile.plot_type.group or (_LAST,), tile.plot_type.name


def _plot_id(tile: Tile) -> int:
    return tile.plot.plot_id if tile.plot is not None else -1


def _undecided(tile: Tile) -> bool:
    return tile.plot is None or tile.plot.state is PlotState.PENDING


def _searchable(tile: Tile) -> str:
    parts = [tile.plot_type.name, *tile.plot_type.group]
    if tile.verdict is not None:
        parts.append(tile.verdict.classification)
    return " ".join(parts).casefold()
