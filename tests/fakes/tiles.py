"""Tiles for tests: any state in one call, and whole halls of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from backend.domain.classifications import Severity, default_classification
from backend.domain.hall import STRIP_LENGTH, PlotTypeInfo, StripMark, Tile
from backend.domain.plots import Plot, PlotIdentity, PlotState
from backend.domain.predictions import HeatMap
from backend.domain.verdicts import AlarmGate, Verdict

DETECTORS = ("Tracking", "Calorimeter", "Timing", "Trigger", "Tagger", "Beam line")


def make_plot(
    name: str, plot_id: int, state: PlotState = PlotState.JUDGED, age_s: float = 4.0, run: int = 121266
) -> Plot:
    """A plot received `age_s` seconds ago."""
    at = datetime.now(UTC) - timedelta(seconds=age_s)
    return Plot(plot_id, PlotIdentity(name, run), f"{plot_id:064x}", 160, 120, at, at, state)


def make_verdict(
    classification: str = "Good", confidence: float = 0.997, confirmed: bool = True, gate: AlarmGate | None = None
) -> Verdict:
    """A verdict whose gate follows from the class unless given."""
    severity = default_classification(classification).severity
    if gate is None:
        gate = AlarmGate.HARMLESS
        if severity is Severity.ALARM:
            gate = AlarmGate.OPEN if confirmed else AlarmGate.UNCONFIRMED
    return Verdict(classification, severity, confidence, confirmed, gate, model_id=1)


def make_heat(rows: int = 14, columns: int = 14, at: tuple[float, float] = (0.35, 0.7)) -> HeatMap:
    """A round spot at a place given in shares of height and width."""
    y, x = np.mgrid[0:rows, 0:columns]
    distance = np.hypot((y + 0.5) / rows - at[0], (x + 0.5) / columns - at[1])
    return HeatMap((255 * np.exp(-((distance / 0.18) ** 2))).astype(np.uint8))


def make_tile(
    name: str = "CDC_occupancy",
    classification: str | None = "Good",
    *,
    plot_id: int = 1,
    group: tuple[str, ...] = ("Tracking",),
    confidence: float = 0.997,
    confirmed: bool = True,
    state: PlotState = PlotState.JUDGED,
    age_s: float = 4.0,
    gate: AlarmGate | None = None,
) -> Tile:
    """A tile; `classification` None means there is no verdict (pass the `state` that explains it)."""
    verdict = make_verdict(classification, confidence, confirmed, gate) if classification else None
    mark = StripMark(verdict.severity, confirmed, verdict.classification) if verdict else StripMark(None, False)
    quiet = StripMark(Severity.NORMAL if verdict else None, bool(verdict), "Good")
    return Tile(
        PlotTypeInfo(name, group),
        make_plot(name, plot_id, state, age_s),
        verdict,
        make_heat() if verdict else None,
        (quiet,) * (STRIP_LENGTH - 1) + (mark,),
    )


def make_hall(count: int, first_plot_id: int = 1) -> list[Tile]:
    """`count` tiles, mostly good, in the groups of `DETECTORS`."""
    odd = {7: "Bad", 11: "HotChannel", 13: "NoData"}
    return [
        make_tile(
            f"plot_{number:05d}",
            odd.get(number % 17, "Good"),
            plot_id=first_plot_id + number,
            group=(DETECTORS[number * len(DETECTORS) // count],),
        )
        for number in range(count)
    ]
