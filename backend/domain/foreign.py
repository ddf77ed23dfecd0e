"""What is brought from another system: its rows as values of ours, and how far that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from backend.domain.intake import NewPlot


class Part(StrEnum):
    """What is brought, in this order: later parts name rows of earlier ones."""

    PLOT_TYPES = "plot types"
    CLASSIFICATIONS = "classifications"
    VALID = "valid classifications"
    THRESHOLDS = "thresholds"
    PLOTS = "plots"
    LABELS = "labels"
    LABEL_HISTORY = "label history"
    VERDICTS = "run history"


@dataclass(frozen=True, slots=True)
class ForeignPlotType:
    """`content` is the whole row as JSON: what has no place here is kept with it."""

    foreign_id: int
    name: str
    description: str
    contact: str
    content: str


@dataclass(frozen=True, slots=True)
class ForeignClassification:
    """A class by the name it has there."""

    foreign_id: int
    name: str


@dataclass(frozen=True, slots=True)
class ForeignValid:
    """A classification that may be chosen for a plot type; both by name."""

    foreign_id: int
    plot_type: str
    classification: str


@dataclass(frozen=True, slots=True)
class ForeignPlot:
    """A plot with its image. `training_weight` copies it in training; `forced` is "training", "validation" or ""."""

    foreign_id: int
    plot: NewPlot
    training_weight: int
    forced: str


@dataclass(frozen=True, slots=True)
class ForeignLabel:
    """A label on a plot that goes by its number there; `at` is UTC, None where it is not known."""

    foreign_id: int
    foreign_plot_id: int
    classification: str
    who: str
    comment: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class ForeignThreshold:
    """A threshold (0 to 1) of a model that goes by its number there."""

    foreign_id: int
    model: int
    classification: str
    threshold: float
    method: str


@dataclass(frozen=True, slots=True)
class ForeignVerdict:
    """What a model said of a plot of which there may be no image. `classification` and `confidence` (0 to 1) are the
    best of `output`, None where that could not be read; texts are as they were there; times are UTC."""

    foreign_id: int
    plot_type: str
    run: int
    chunk: int | None
    model: int | None
    taken_at: datetime | None
    decided_at: datetime
    classification: str | None
    confidence: float | None
    output: str
    thresholds: str
    unbiased: bool


@dataclass(frozen=True, slots=True)
class ForeignOpinion:
    """What another system thinks of a plot, to be shown beside our verdict. `confidence` is 0 to 1, `at` UTC."""

    source: str
    classification: str
    confidence: float
    at: datetime


@dataclass(frozen=True, slots=True)
class ForeignRecord:
    """A row without a place here, as a JSON object by column."""

    foreign_id: int
    content: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that did not fit. `reason` is one of few, so that they can be counted."""

    foreign_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Portion:
    """Rows of one part that are taken together: those numbered above `after` up to `last_id`, `read` of them."""

    part: Part
    after: int
    last_id: int
    read: int
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class PartProgress:
    """How far a part is. `known` rows were here already; `read` is all that were looked at."""

    part: Part
    last_id: int = 0
    read: int = 0
    taken: int = 0
    known: int = 0


@dataclass(frozen=True, slots=True)
class RefusedRows:
    """How many rows of a part did not fit for one reason, with the numbers of the first."""

    part: Part
    reason: str
    count: int
    examples: str
