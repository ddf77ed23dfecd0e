"""What the store says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backend.domain.classifications import Classification
from backend.domain.hall import PlotTypeInfo
from backend.domain.plots import PlotState
from backend.domain.predictions import ModelInForce
from backend.domain.stations import Station


@dataclass(frozen=True, slots=True)
class StoreCounts:
    """Plots by state, and files set aside. `plots` is their sum; `quarantined` counts files, not plots.

    `skipped` were too old to be judged when their turn came.
    """

    plots: int
    judged: int
    pending: int
    no_model: int
    imported: int
    given_up: int
    skipped: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """Schema of a database: `revision` is None where there is none yet; `expected` is what this program needs."""

    url: str
    revision: str | None
    expected: str

    @property
    def current(self) -> bool:
        """Whether this program can use it as it is."""
        return self.revision == self.expected


def counts_of(by_state: Mapping[PlotState, int], quarantined: int) -> StoreCounts:
    """Counts from the tallies of all states."""
    return StoreCounts(
        plots=sum(by_state.values()),
        judged=by_state[PlotState.JUDGED],
        pending=by_state[PlotState.PENDING],
        no_model=by_state[PlotState.NO_MODEL],
        imported=by_state[PlotState.IMPORTED],
        given_up=by_state[PlotState.QUARANTINED],
        skipped=by_state[PlotState.SKIPPED],
        quarantined=quarantined,
    )


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What changes rarely, read at one moment: models in force by plot type, classes, plot types, counts, stations."""

    in_force: Mapping[str, ModelInForce]
    classifications: tuple[Classification, ...]
    plot_types: tuple[PlotTypeInfo, ...]
    counts: StoreCounts
    stations: tuple[Station, ...]
