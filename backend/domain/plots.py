"""Plots: what identifies one image of a plot type, and in which state it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class PlotIdentity:
    """Which plot a file or message claims to be.

    `run` ≥ 0 (0: simulated); `chunk` is None where the plot is of the whole run; `run_period` may be "".
    """

    plot_type: str
    run: int
    chunk: int | None = None
    run_period: str = ""


class PlotState(StrEnum):
    """Where a stored plot is on its way."""

    PENDING = "pending"
    JUDGED = "judged"
    NO_MODEL = "no_model"
    QUARANTINED = "quarantined"
    IMPORTED = "imported"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Plot:
    """One stored image of a plot type.

    `sha256` (64 hex digits) names the blob of the image file as it came; `width` and `height` in pixels;
    `taken_at` and `received_at` are timezone-aware UTC. `image_expired_at` says when the image was let go, None while
    it is kept.
    """

    plot_id: int
    identity: PlotIdentity
    sha256: str
    width: int
    height: int
    taken_at: datetime
    received_at: datetime
    state: PlotState
    image_expired_at: datetime | None = None
