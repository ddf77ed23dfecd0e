"""What a tile model serves to the grid: roles beyond Qt's, and the values behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol, runtime_checkable

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QImage


class TileRole(IntEnum):
    """Roles of a tile model; the type of each value stands behind it."""

    TILE = Qt.ItemDataRole.UserRole + 1  # backend.domain.hall.Tile
    BODY = Qt.ItemDataRole.UserRole + 2  # Body; str: why there is none; None while it is being made
    GROUP = Qt.ItemDataRole.UserRole + 3  # str, the heading the tile stands under; "" for none
    WAITING = Qt.ItemDataRole.UserRole + 4  # bool, a newer plot of this plot type waits for its verdict


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """The composed image of a tile. `plot_id` says of which plot, `late` that a newer one is overdue."""

    image: QImage
    plot_id: int
    late: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A run of consecutive rows under one heading; `title` "" shows none. `count` ≥ 1."""

    title: str
    count: int


@runtime_checkable
class SectionedRows(Protocol):
    """A model that knows its rows, so that views need not ask every one of them."""

    def sections(self) -> Sequence[Section]:
        """The sections in order; their counts add up to the number of rows."""


@runtime_checkable
class TileRows(SectionedRows, Protocol):
    """One whose rows are plot types."""

    def index_of(self, plot_type: str) -> QModelIndex:
        """The row of a plot type; invalid where it is not listed."""
