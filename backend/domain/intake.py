"""What passes between feed, engine and store while a file becomes a judged plot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from backend.domain.beam import UNKNOWN_BEAM, Beam
from backend.domain.plots import Plot, PlotIdentity
from backend.domain.predictions import ModelInForce, Prediction
from backend.domain.verdicts import Verdict


class AfterIntake(StrEnum):
    """What happens to an input file once its plot is committed."""

    LEAVE = "leave"
    MOVE = "move"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class FileStamp:
    """A file at one moment: the same path with another time or size is another arrival.

    `path` is `os.fsdecode` of the absolute path and may hold surrogates; `mtime_ns` in ns, `size` in bytes.
    """

    path: str
    mtime_ns: int
    size: int


@dataclass(frozen=True, slots=True)
class NewPlot:
    """A checked image on its way into the store. `data` is the file as it came, `sha256` its 64 hex digits."""

    identity: PlotIdentity
    data: bytes
    sha256: str
    width: int
    height: int
    taken_at: datetime
    received_at: datetime
    source: FileStamp | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """Who is to judge plots that are taken in: the first `keep` this station (None: all), the rest whoever is free.

    Plots of the types in `urgent` go before all others.
    """

    keep: int | None = None
    urgent: frozenset[str] = frozenset()


ALL_MINE = Line()


@dataclass(frozen=True, slots=True)
class StoredPlot:
    """What the store made of a `NewPlot`. `new` is False where the same plot was there already.

    `claimed` says that the work on it is leased to the owner that stored it.
    """

    plot: Plot
    new: bool
    claimed: bool


@dataclass(frozen=True, slots=True, eq=False)
class JudgedPlot:
    """The outcome for one plot, to be recorded. Without a model there is neither prediction nor verdict.

    `stage_ms` are milliseconds per stage: "read", "commit", "wait", "infer"; `beam` is the reading it was judged with.
    """

    plot: Plot
    model: ModelInForce | None = None
    prediction: Prediction | None = None
    verdict: Verdict | None = None
    stage_ms: tuple[tuple[str, float], ...] = ()
    beam: Beam = UNKNOWN_BEAM
