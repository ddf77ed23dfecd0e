"""The hall as a window shows it: one tile per plot type, and what stands above them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from backend.domain.beam import UNKNOWN_BEAM, Beam
from backend.domain.classifications import Classification, Severity
from backend.domain.foreign import ForeignOpinion
from backend.domain.health import Health
from backend.domain.plots import Plot
from backend.domain.predictions import HeatMap
from backend.domain.stations import Presence
from backend.domain.verdicts import Verdict

STRIP_LENGTH = 20


@dataclass(frozen=True, slots=True)
class StripMark:
    """One of the last verdicts of a plot type. `severity` is None where no model judged it."""

    severity: Severity | None
    confirmed: bool
    classification: str = ""


@dataclass(frozen=True, slots=True)
class PlotTypeInfo:
    """What is known of a plot type. `group` is the path of nested group names, outermost first."""

    name: str
    group: tuple[str, ...] = ()
    description: str = ""
    contact: str = ""
    guidance: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """The newest plot of a plot type and what was decided on it.

    `plot` is None before the first; `verdict` is None while it is pending or where there is no model (see
    `plot.state`). `strip` is oldest first, at most `STRIP_LENGTH`; the last mark is this plot's.
    """

    plot_type: PlotTypeInfo
    plot: Plot | None
    verdict: Verdict | None = None
    heat_map: HeatMap | None = None
    strip: tuple[StripMark, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """A plot and what was decided on it, without what stands around it on a tile. `verdict` is None while it waits,
    where there is no model and where it was skipped: `plot.state` says which."""

    plot: Plot
    verdict: Verdict | None = None
    heat_map: HeatMap | None = None


@dataclass(frozen=True, slots=True)
class ClassScore:
    """One line of the detail pane: probability and threshold, both 0 to 1."""

    classification: str
    probability: float
    threshold: float


@dataclass(frozen=True, slots=True)
class HistoryPoint:
    """One earlier verdict of a plot type."""

    plot_id: int
    run: int
    taken_at: datetime
    classification: str
    confidence: float
    confirmed: bool
    severity: Severity


@dataclass(frozen=True, slots=True)
class MapOffer:
    """Which exact heat maps may be asked for: of these layers and of the last one, or why of none (`refused`)."""

    layers: tuple[str, ...] = ()
    refused: str = ""


@dataclass(frozen=True, slots=True)
class MapRequest:
    """An exact heat map that is wanted: evidence of that model for a classification, in the map of `layer`.

    "" is the last layer that has a map.
    """

    plot: Plot
    model_id: int
    classification: str
    layer: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class ExactMap:
    """Grad-CAM as it was computed for `request`, of the layer that is named; it took so many seconds."""

    request: MapRequest
    heat_map: HeatMap
    layer: str
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class PlotDetail:
    """Everything the detail pane shows of one plot. `history` is oldest first; `exact` is None without a verdict;
    `opinions` are what other systems think of it."""

    tile: Tile
    scores: tuple[ClassScore, ...] = ()
    history: tuple[HistoryPoint, ...] = ()
    model: str = ""
    exact: MapOffer | None = None
    opinions: tuple[ForeignOpinion, ...] = ()


@dataclass(frozen=True, slots=True)
class HallStatus:
    """What the status strip shows. `newest_plot_at` is the UTC time the newest plot was received."""

    experiment: str = ""
    run: int | None = None
    beam: Beam = UNKNOWN_BEAM
    newest_plot_at: datetime | None = None
    health: Health = field(default_factory=Health)
    quarantined: int = 0
    backlog: int = 0
    judged: int = 0
    inference_ms: float | None = None
    presence: Presence = field(default_factory=Presence)


@dataclass(frozen=True, slots=True, eq=False)
class HallView:
    """A consistent picture of the hall: what a window needs when it opens."""

    status: HallStatus
    tiles: tuple[Tile, ...] = ()
    classifications: tuple[Classification, ...] = ()
