"""Labels: what people say plots are. An append-only history in which the latest counts."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from backend.domain.plots import Plot


class LabelHow(StrEnum):
    """By which means a label was given or taken back.

    The last three come of labels that arrive late, from a label bundle: KEPT and RESUMED say again what counted before
    them, in the name of who said it, KEPT where the two disagree; SETTLED ends that.
    """

    IMPORTED = "import"
    PAINTED = "painted"
    KEYED = "keyed"
    CONFIRMED = "confirmed guess"
    FALSE_ALARM = "false alarm"
    MISSED = "missed problem"
    COMMENTED = "commented"
    SIMILAR = "labelled together"
    UPHELD = "looked at and kept"
    SECOND = "second label"
    SYNTHETIC = "synthetic"
    UNDONE = "undone"
    REDONE = "redone"
    SETTLED = "settled"
    KEPT = "kept"
    RESUMED = "kept, as the other took it back"


@dataclass(frozen=True, slots=True)
class NewLabel:
    """A label to be added by an import. `how` says by which means, see `LabelHow`."""

    plot_id: int
    classification: str
    who: str
    how: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class LabelledPlot:
    """A plot and the label that counts; `at` is UTC."""

    plot: Plot
    label: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LabelChange:
    """One entry of a plot's label history; `before` and `after` are None where there is no label."""

    plot_id: int
    before: str | None
    after: str | None
    who: str
    at: datetime
    how: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class LabelEvent:
    """One plot of a gesture. `label` None takes the label away."""

    plot_id: int
    label: str | None
    how: LabelHow
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Gesture:
    """What a person did in one stroke: at least one event, saved together and undone together.

    `key` is drawn where the gesture is made, so that saving it twice is saving it once; `at` is UTC, when it was
    made. All plots are of `plot_type`, and each occurs once.
    """

    key: uuid.UUID
    plot_type: str
    who: str
    at: datetime
    events: tuple[LabelEvent, ...]


@dataclass(frozen=True, slots=True)
class Reversal:
    """A gesture that takes back another one, `reverts`: an undo, or the undo of an undo."""

    key: uuid.UUID
    plot_type: str
    who: str
    at: datetime
    reverts: uuid.UUID
    how: LabelHow


@dataclass(frozen=True, slots=True)
class StandingLabel:
    """The label that counts for a plot; `at` is UTC."""

    classification: str
    who: str
    at: datetime
    how: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the store holds once a gesture is saved: the label that counts of every plot it touched, None for none.

    `written` is how many events it appended; `passed_over` are plots that a reversal left alone, because somebody
    had labelled them since.
    """

    key: uuid.UUID
    standing: tuple[tuple[int, StandingLabel | None], ...]
    written: int
    passed_over: tuple[int, ...] = ()
