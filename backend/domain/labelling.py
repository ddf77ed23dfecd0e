"""What a person who labels chooses from and is shown: orders, listings, palettes, steps that can be undone."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from backend.domain.classifications import Classification
from backend.domain.hall import PlotTypeInfo
from backend.domain.labels import LabelHow, StandingLabel
from backend.domain.plots import Plot

STEPS_KEPT = 100
"""How many gestures can be undone."""

LONGEST_LISTING = 50_000
"""Most plots in one listing; beyond that a choice of runs or labels narrows it."""


class PlotOrder(StrEnum):
    """What comes first."""

    NEWEST = "newest"
    UNCERTAIN = "uncertain"
    LOT = "lot"
    NOVEL = "novel"
    DISAGREEMENT = "disagreement"
    MISJUDGED = "misjudged"
    ERRORS = "errors"
    SIMILAR = "similar"
    PICKED = "picked"


RANKED = frozenset({PlotOrder.UNCERTAIN, PlotOrder.SIMILAR, PlotOrder.NOVEL, PlotOrder.ERRORS, PlotOrder.PICKED})
"""Orders that look at embeddings, or at what was picked by them."""


class LabelScope(StrEnum):
    """Which plots are listed, by what was said of them."""

    ALL = "all"
    UNLABELLED = "unlabelled"
    LABELLED = "labelled"
    SECOND = "second"
    CONTESTED = "contested"


@dataclass(frozen=True, slots=True)
class PlotQuery:
    """Which plots of a plot type are wanted, and in which order.

    `label` and `labeller` narrow labelled plots to one class and one person; "" is any. `runs` are spans of run
    numbers, first and last included; none is every run. `like` is the plot that SIMILAR compares with, `picked` what
    PICKED lists. `who` asks: SECOND lists what others have labelled and this person has not.
    """

    plot_type: str
    order: PlotOrder = PlotOrder.NEWEST
    scope: LabelScope = LabelScope.UNLABELLED
    label: str = ""
    labeller: str = ""
    runs: tuple[tuple[int, int], ...] = ()
    like: int = 0
    picked: tuple[int, ...] = ()
    who: str = ""


@dataclass(frozen=True, slots=True)
class Guess:
    """What the model says of a plot; `confidence` 0 to 1."""

    classification: str
    confidence: float
    confirmed: bool


@dataclass(frozen=True, slots=True)
class PlotListing:
    """Plots in the order asked for, as they were at that moment; `cut` where `LONGEST_LISTING` cut it short.

    `suggestions` are classes that the order itself proposes, by plot: they stand in place of the model's guess.
    `remark` says what limits the order, for a person; "" where nothing does.
    """

    query: PlotQuery
    plot_ids: tuple[int, ...]
    cut: bool = False
    suggestions: Mapping[int, Guess] = field(default_factory=dict)
    remark: str = ""


@dataclass(frozen=True, slots=True)
class PlotToLabel:
    """One plot with what is known of it; `note` says more of it: why its image is kept, that it was made."""

    plot: Plot
    label: StandingLabel | None = None
    guess: Guess | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class PlotTypeToLabel:
    """One plot type of the chooser; `labelled` of its `plots` have a label."""

    info: PlotTypeInfo
    plots: int
    labelled: int


@dataclass(frozen=True, slots=True)
class LabelCount:
    """How many plots have this label, from this person."""

    classification: str
    who: str
    count: int


@dataclass(frozen=True, slots=True)
class Palette:
    """What plots of a type can be labelled with, and how often each was used.

    `valid` are the classes of the plot type, in the order of their registration; `others` the rest of the store's.
    """

    plot_type: str
    valid: tuple[Classification, ...]
    others: tuple[Classification, ...]
    counts: tuple[LabelCount, ...]
    plots: int


@dataclass(frozen=True, slots=True)
class Labeller:
    """Who labels here. `refusal` says why this person may not; "" where they may."""

    who: str
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A saved gesture, as undoing needs it: `reverts` names the gesture it took back."""

    key: uuid.UUID
    at: datetime
    how: LabelHow
    reverts: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Steps:
    """Gestures that can be undone, and those that can be redone; the next one last."""

    undo: tuple[uuid.UUID, ...] = ()
    redo: tuple[uuid.UUID, ...] = ()

    def after(self, step: Step) -> Steps:
        """What can be undone and redone once `step` is made as well: a new gesture ends what could be redone."""
        undo = tuple(key for key in self.undo if key != step.reverts)
        redo = tuple(key for key in self.redo if key != step.reverts)
        if step.how is LabelHow.UNDONE:
            return Steps(undo, (*redo, step.key)[-STEPS_KEPT:])
        kept = redo if step.how is LabelHow.REDONE else ()
        return Steps((*undo, step.key)[-STEPS_KEPT:], kept)


def steps_of(history: Iterable[Step]) -> Steps:
    """What can be undone and redone after this history of one person and plot type, oldest first."""
    steps = Steps()
    for step in history:
        steps = steps.after(step)
    return steps
