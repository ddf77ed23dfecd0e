"""The grid's rows: all plot types, narrowed by search, chip and hiding, grouped by detector or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject
from typing_extensions import override

from hydra_gui.live.tile_book import Changes, Entry, TileBook
from hydra_gui.live.tile_images import TileImages
from hydra_gui.live.tile_model import TileModel
from ui.live.filters import Grouping, TileCounts, TileFilter

UNGROUPED = "Ungrouped"


@dataclass(frozen=True, slots=True)
class Choice:
    """What the grid shows. All words of `search` (casefolded) must be found; `hidden` are plot types put away."""

    search: str = ""
    chip: TileFilter = TileFilter.ALL
    hidden: frozenset[str] = frozenset()
    shows_hidden: bool = False
    grouping: Grouping = Grouping.DETECTOR

    @property
    def follows_verdicts(self) -> bool:
        """Whether a new verdict may take a tile in or out."""
        return self.chip is not TileFilter.ALL or bool(self.search)

    def admits(self, entry: Entry) -> bool:
        """Whether `entry` belongs in the grid."""
        if entry.key[1] in self.hidden and not self.shows_hidden:
            return False
        if self.chip is not TileFilter.ALL and entry.category is not self.chip:
            return False
        return all(word in entry.search for word in self.search.split())


class GridModel(TileModel):
    """While a pointer is at work over the grid (`hold`), rows neither come nor go nor move.

    What a person asks for, a search or a chip, is done at once all the same.
    """

    def __init__(self, book: TileBook, images: TileImages, parent: QObject | None = None) -> None:
        super().__init__(book, images, "grid", parent)
        self._choice = Choice()
        self._held = False
        self._put_off = False

    @property
    def choice(self) -> Choice:
        """What is shown now."""
        return self._choice

    def choose(self, choice: Choice) -> None:
        """Show something else, at once."""
        choice = replace(choice, search=choice.search.casefold().strip())
        if choice == self._choice:
            return
        regroups = choice.grouping is not self._choice.grouping
        self._choice = choice
        if regroups:
            self._start_over()
        else:
            self._arrange()

    def hold(self, held: bool) -> None:
        """A pointer came to work over the grid, or left it."""
        self._held = held
        if not held and self._put_off:
            self._arrange()

    def apply(self, changes: Changes) -> None:
        """Follow the book."""
        arranges = bool(changes.new or changes.moved) or (self._choice.follows_verdicts and bool(changes.changed))
        if arranges and self._held and self._names:
            self._put_off = True
        elif arranges:
            self._arrange(set(changes.moved))
        self.touch(changes.changed)

    def counts(self) -> TileCounts:
        """Numbers for the chips: of all plots that are not hidden, whatever is searched for."""
        choice = self._choice
        hidden = sum(1 for name in choice.hidden if self._book.get(name) is not None)
        found = Counter(
            entry.category for entry in self._book.entries() if choice.shows_hidden or entry.key[1] not in choice.hidden
        )
        shown = {chip: found[chip] for chip in TileFilter}
        shown[TileFilter.ALL] = found.total()
        return TileCounts(shown, hidden)

    @override
    def _title(self, entry: Entry) -> str:
        if self._choice.grouping is Grouping.NONE:
            return ""
        group = entry.tile.plot_type.group
        shown = group[:1] if self._choice.grouping is Grouping.DETECTOR else group
        return " / ".join(shown) or UNGROUPED

    def _arrange(self, regrouped: AbstractSet[str] = frozenset()) -> None:
        self._put_off = False
        names = [name for name in self._book.names() if self._choice.admits(self._book[name])]
        if self._choice.grouping is Grouping.NONE:
            names.sort(key=str.casefold)
        self._show(names)
        if regrouped:
            self.layoutAboutToBeChanged.emit()
            self._sections = None
            self.layoutChanged.emit()

    def _start_over(self) -> None:
        self.beginResetModel()
        self._set_names([])
        self.endResetModel()
        self._arrange()
