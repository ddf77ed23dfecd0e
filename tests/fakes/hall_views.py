"""A whole hall as a window is given it: statuses, tiles, details and images that look like a real afternoon."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import numpy as np
from numpy.typing import NDArray

from backend.domain.beam import Beam, BeamState
from backend.domain.classifications import DEFAULT_CLASSIFICATIONS, Severity, default_classification
from backend.domain.hall import (
    STRIP_LENGTH,
    ClassScore,
    HallStatus,
    HallView,
    HistoryPoint,
    PlotDetail,
    PlotTypeInfo,
    StripMark,
    Tile,
)
from backend.domain.health import Condition, Health, PartHealth
from backend.domain.plots import Plot, PlotIdentity, PlotState
from backend.domain.predictions import HeatMap
from backend.domain.quarantine import QuarantinedFile, QuarantineReason
from backend.domain.verdicts import AlarmGate, Verdict
from backend.simulation.catalogue import CATALOGUE, SimulatedPlotType
from backend.simulation.drawing import draw

NOW = datetime(2026, 11, 20, 13, 45, 7, tzinfo=UTC)
RUN = 121_266
HEALTHY = Health(
    PartHealth(Condition.OK, "watching"), PartHealth(Condition.OK, "ok"), PartHealth(Condition.OK, "11 ms")
)
BLIND = Health(
    PartHealth(Condition.OK, "watching"),
    PartHealth(
        Condition.FAILED,
        "no answer since 13:43",
        "New plots wait in the input directory and nothing is lost. Call the administrator if it lasts.",
    ),
    PartHealth(Condition.DEGRADED, "idle"),
)
STATUS = HallStatus(
    "Hall D", RUN, Beam(BeamState.ON, 152.3, "nA"), NOW - timedelta(seconds=4), HEALTHY, 3, 0, 48_213, 11.2
)

# What is wrong this afternoon; everything else is Good.
_TROUBLE: dict[str, tuple[str | None, float, bool]] = {
    "CDC_occupancy": ("dead_board", 0.992, True),
    "RF_selftiming": ("time_shift", 0.931, True),
    "FDC_cathodes": ("hot_channel", 0.614, False),
    "ST_counters": ("no_data", 0.998, True),
    "TAGM_occupancy": ("hv_trip", 0.71, False),
}
_NO_MODEL = ("ECAL_energy",)
_PENDING = ("PS_pairs",)
_TEMPERED = 0.7


@dataclass(slots=True)
class Scene:
    """A hall view with everything else a window may ask for; images are uint8 (h, w, 3) by plot id."""

    view: HallView
    details: dict[str, PlotDetail] = field(default_factory=dict)
    images: dict[int, NDArray[np.uint8]] = field(default_factory=dict)


def make_scene(now: datetime = NOW, *, only: tuple[str, ...] = ()) -> Scene:
    """The simulated hall at `now`; `only` names the plot types wanted, all unless given."""
    scene = Scene(HallView(STATUS))
    kinds = [kind for kind in CATALOGUE if not only or kind.name in only]
    tiles = [_add(scene, kind, plot_id, now) for kind, plot_id in zip(kinds, count(1), strict=False)]
    scene.view = HallView(STATUS, tuple(tiles), DEFAULT_CLASSIFICATIONS)
    return scene


def _add(scene: Scene, kind: SimulatedPlotType, plot_id: int, now: datetime) -> Tile:
    fault, confidence, confirmed = _TROUBLE.get(kind.name, (None, 0.996 - plot_id % 7 * 0.002, True))
    drawing = draw(kind.name, np.random.default_rng(plot_id), fault=fault, strength=0.9, statistics=0.8)
    image = np.asarray(drawing.image.convert("RGB"))
    scene.images[plot_id] = image
    state = _state(kind.name)
    plot = _plot(kind, plot_id, image, state, now)
    verdict = _verdict(drawing.label, confidence, confirmed) if state is PlotState.JUDGED else None
    heat = _heat(drawing.region, plot_id) if verdict else None
    info = PlotTypeInfo(kind.name, kind.group, kind.description, kind.contact, kind.guidance)
    tile = Tile(info, plot, verdict, heat, _strip(verdict))
    scene.details[kind.name] = _detail(tile, kind, now)
    return tile


def _state(name: str) -> PlotState:
    return PlotState.NO_MODEL if name in _NO_MODEL else PlotState.PENDING if name in _PENDING else PlotState.JUDGED


def _plot(kind: SimulatedPlotType, plot_id: int, image: NDArray[np.uint8], state: PlotState, now: datetime) -> Plot:
    at = now - timedelta(seconds=4 + plot_id % 3 * 13)
    identity = PlotIdentity(kind.name, RUN, 4 if kind.chunked else None, "RunPeriod-2026-11")
    return Plot(plot_id, identity, f"{plot_id:064x}", image.shape[1], image.shape[0], at, at, state)


def _verdict(label: str, confidence: float, confirmed: bool) -> Verdict:
    severity = default_classification(label).severity
    gate = AlarmGate.HARMLESS
    if severity is Severity.ALARM:
        gate = AlarmGate.OPEN if confirmed else AlarmGate.UNCONFIRMED
    return Verdict(label, severity, confidence, confirmed, gate, model_id=7)


def _heat(region: tuple[float, float, float, float] | None, plot_id: int) -> HeatMap:
    """A spot over the fault, or somewhere harmless; 14 × 14."""
    left, top, right, bottom = region or (0.3, 0.3, 0.3 + plot_id % 5 * 0.1, 0.6)
    y, x = (np.mgrid[0:14, 0:14] + 0.5) / 14
    wide, tall = max(0.1, (right - left) / 1.6), max(0.1, (bottom - top) / 1.6)
    spot = np.exp(-(((x - (left + right) / 2) / wide) ** 2) - ((y - (top + bottom) / 2) / tall) ** 2)
    return HeatMap((255 * spot).astype(np.uint8))


def _strip(verdict: Verdict | None) -> tuple[StripMark, ...]:
    if verdict is None:
        return (StripMark(None, False),) * STRIP_LENGTH
    good = StripMark(Severity.NORMAL, True, "Good")
    newest = StripMark(verdict.severity, verdict.confirmed, verdict.classification)
    return (good,) * (STRIP_LENGTH - 3) + (newest,) * 3


def _detail(tile: Tile, kind: SimulatedPlotType, now: datetime) -> PlotDetail:
    verdict = tile.verdict
    if verdict is None:
        return PlotDetail(tile)
    others = [name for name in kind.classes if name != verdict.classification]
    weights = np.array([_TEMPERED**i for i in range(len(others))])
    rest = (1 - verdict.confidence) * weights / weights.sum()
    scores = [ClassScore(verdict.classification, verdict.confidence, 0.65 if verdict.confirmed else 0.8)]
    scores += [
        ClassScore(name, float(p), 0.5 + 0.1 * (i % 3)) for i, (name, p) in enumerate(zip(others, rest, strict=True))
    ]
    return PlotDetail(tile, tuple(scores), _history(verdict, now), "compact_cbam, 12 Nov 2026, F1 0.991")


def _history(verdict: Verdict, now: datetime) -> tuple[HistoryPoint, ...]:
    rng = np.random.default_rng(verdict.model_id)
    points = []
    for i in range(120):
        at = now - timedelta(seconds=60 * (119 - i))
        if i >= 117:
            point = (verdict.classification, verdict.confidence, verdict.confirmed, verdict.severity)
        elif i in (40, 41, 77):
            point = ("HotChannel", 0.55, False, Severity.WARNING)
        else:
            point = ("Good", float(np.clip(0.985 - abs(rng.normal(0, 0.02)), 0, 1)), True, Severity.NORMAL)
        points.append(HistoryPoint(i, RUN - (119 - i) // 60, at, *point))
    return tuple(points)


def set_aside(now: datetime = NOW) -> tuple[QuarantinedFile, ...]:
    """Three files that could not become plots."""
    folder = "/data/plots/RunPeriod-2026-11/Run121266"
    reasons = (
        (f"{folder}/CDC_occupancy_0003.png", QuarantineReason.TRUNCATED, "The image ends after 18 kB of 42 kB.", 40),
        (f"{folder}/notes.png", QuarantineReason.NOT_AN_IMAGE, "The file begins with text.", 400),
        (f"{folder}/TOF_bars_0001.png", QuarantineReason.EMPTY, "The file has 0 bytes.", 7300),
    )
    return tuple(
        QuarantinedFile(path, reason, message, 18_000, now - timedelta(seconds=age))
        for path, reason, message, age in reasons
    )
