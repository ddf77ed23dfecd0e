"""What the labelling views are given: plain values, no widgets."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from PySide6.QtCore import Qt

from backend.domain.classifications import Classification
from backend.domain.labelling import LabelScope, PlotOrder

ERASER = ""
"""The brush that takes labels away."""


class LabelRole(IntEnum):
    """Roles of the model of plots; the type of each value stands behind it."""

    TILE = Qt.ItemDataRole.UserRole + 1  # LabelTile; None while it is being read
    BODY = Qt.ItemDataRole.UserRole + 2  # ui.grid.roles.Body; str: why there is none; None while it is being made


class Saving(StrEnum):
    """Whether what a tile shows is in the store."""

    SAVED = "saved"
    PENDING = "being saved"
    WAITING = "not saved yet"


@dataclass(frozen=True, slots=True)
class LabelTile:
    """One plot to be labelled. `label` and `guess` are classes or "" for none; `confidence` 0 to 1.

    `where` is run and chunk, `taken` the time as it is read; `who` gave the label that counts.
    `note` says more of it, "" where there is nothing.
    """

    plot_id: int
    where: str
    taken: str
    label: str = ""
    saving: Saving = Saving.SAVED
    who: str = ""
    guess: str = ""
    confidence: float = 0.0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Swatch:
    """One row of the palette: a class, the key that chooses it ("" for none), how many plots have it."""

    known: Classification
    key: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a chooser: `value` is told when it is chosen, `note` stands behind the words."""

    value: object
    words: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Which:
    """Which labelled or unlabelled plots are wanted; `label` "" is any."""

    scope: LabelScope
    label: str = ""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What is chosen in the side pane; `runs` as a person wrote it.

    `like` is the plot others are compared with, `like_words` what it is called; `picked` are plots chosen on the map.
    """

    order: PlotOrder = PlotOrder.NEWEST
    which: Which = Which(LabelScope.UNLABELLED)
    labeller: str = ""
    runs: str = ""
    like: int = 0
    like_words: str = ""
    picked: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work is. `labelled` of `plots` have a label; `now` since the window opened, `pace` a minute.

    `pending` labels are not confirmed; `waits` where that is because saving failed.
    """

    labelled: int = 0
    plots: int = 0
    now: int = 0
    pace: int = 0
    pending: int = 0
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """Gestures that could not be saved yet: how many labels, why, and what to do. Nothing waits where 0."""

    labels: int = 0
    reason: str = ""


class Page(StrEnum):
    """What stands in the middle."""

    LOADING = "loading"
    NO_PLOTS = "no plots"
    NOTHING_LEFT = "nothing left"
    FAILED = "failed"
    AWAY = "away"
    GRID = "grid"
    SINGLE = "single"
    MAP = "map"
