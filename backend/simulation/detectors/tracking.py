"""Tracking: straw rings, cathode strips, drift cells and silicon strips."""

from __future__ import annotations

import numpy as np

from backend.simulation.arrays import FloatArray, IntArray
from backend.simulation.cells import Grid, Rings
from backend.simulation.conditions import RunConditions
from backend.simulation.detectors.shapes import bell, centres, installed_flaws, installed_gains, to_total
from backend.simulation.effects import dead, hot, noisy, overlaid, swapped, weak
from backend.simulation.faults import FaultKind
from backend.simulation.heat_maps import HeatMapFigure
from backend.simulation.histograms import HistogramFigure, Style
from backend.simulation.plot_models import PlotModel, failures
from backend.simulation.selections import blocks, board, boards, channels, panel
from backend.simulation.ticks import Axis

_INNER, _OUTER, _EDGE = 10.0, 57.0, 64.0
_RINGS = 28
_RADII = centres(_INNER, _OUTER, _RINGS)
_STRAWS = tuple(int(2 * np.pi * radius / 1.75) for radius in _RADII)
_STRAW_RADIUS = np.repeat(_RADII, _STRAWS)
_STRAW_ANGLE = np.concatenate([(np.arange(count) + 0.5) / count * 2 * np.pi for count in _STRAWS])


def _straw_boards() -> IntArray:
    """Board numbers of the straws: seven rings by a twelfth of the circle."""
    ring = np.repeat(np.arange(_RINGS), _STRAWS)
    sector = (_STRAW_ANGLE / (2 * np.pi) * 12).astype(np.intp)
    return (ring // 7 * 12 + sector)[None, :]


def _straw_sectors() -> IntArray:
    """High-voltage groups: an eighth of the circle in the inner or outer half."""
    ring = np.repeat(np.arange(_RINGS), _STRAWS)
    return (ring // 14 * 8 + (_STRAW_ANGLE / (2 * np.pi) * 8).astype(np.intp))[None, :]


def _straw_rates(run: RunConditions, rng: np.random.Generator) -> FloatArray:
    tilt = 1 + (0.04 + 0.05 * abs(run.drift)) * np.cos(_STRAW_ANGLE - rng.uniform(0, 2 * np.pi))
    stereo = np.where((np.repeat(np.arange(_RINGS), _STRAWS) // 4) % 2, 0.94, 1.0)
    shape = (_INNER / _STRAW_RADIUS) ** 1.4 * tilt * stereo * installed_gains("CDC", _STRAW_RADIUS.shape, 0.05)
    flaws = installed_flaws("CDC", shape.shape, 5, 0.0)
    return to_total(shape, 420_000 * run.rate)[None, :] * flaws


def _straw_cosmics(rates: FloatArray, rng: np.random.Generator) -> FloatArray:
    return to_total(0.15 + np.sin(_STRAW_ANGLE) ** 2, max(0.1 * rates.sum(), 1.0))[None, :]


CDC = PlotModel(
    "CDC_occupancy",
    "CDC occupancy",
    ("Tracking", "Drift chambers"),
    "Hits per straw of the central drift chamber, seen along the beam.",
    "A dark block is a front-end board: check its low voltage and reload its thresholds. A dim sector is high "
    "voltage: call the expert before ramping.",
    "drift chamber expert on call",
    _straw_rates,
    HeatMapFigure(
        Rings(_STRAWS, _INNER / _EDGE, _OUTER / _EDGE),
        Axis("x (cm)", -_EDGE, _EDGE),
        Axis("y (cm)", -_EDGE, _EDGE),
        "viridis",
        square=True,
        box=False,
    ),
    failures(
        {
            FaultKind.DEAD_BOARD: dead(board(_straw_boards())),
            FaultKind.DEAD_CHANNEL: dead(channels(6)),
            FaultKind.HV_TRIP: weak(boards(_straw_sectors())),
            FaultKind.HOT_CHANNEL: hot(channels(2), 3.0),
            FaultKind.NOISE: noisy(boards(_straw_sectors())),
            FaultKind.SWAPPED_CABLE: swapped(_straw_boards()),
            FaultKind.COSMICS: overlaid(_straw_cosmics, least=0.9),
        }
    ),
)

_PLANES, _STRIPS = 48, 192


def _cathode_rates(run: RunConditions, rng: np.random.Generator) -> FloatArray:
    strip, plane = centres(-1, 1, _STRIPS)[:, None], np.arange(_PLANES)[None, :]
    profile = 0.18 + bell(strip, 0.03 * run.drift, 0.36) + 1.1 * bell(strip, 0.03 * run.drift, 0.12)
    package = 1 - 0.16 * (plane // 12) + 0.05 * np.sin(plane * 2.1)
    hole = 1 - 0.75 * bell(strip, 0, 0.025)
    shape = profile * package * hole * installed_gains("FDC", (_STRIPS, _PLANES), 0.08)
    flaws = installed_flaws("FDC", shape.shape, 25, 0.0) * installed_flaws("FDC hot", shape.shape, 8, 1.6)
    dead_strip = np.ones(shape.shape)
    dead_strip[96:120, 31] = 0.35
    return (to_total(shape, 600_000 * run.rate) * flaws * dead_strip)[None]


FDC = PlotModel(
    "FDC_cathodes",
    "FDC cathode strip occupancy",
    ("Tracking", "Drift chambers"),
    "Hits per cathode strip and plane of the forward drift chambers.",
    "A missing stretch of 24 strips is a preamplifier board. A bright line is a noisy strip: note it in the logbook; "
    "mask it at the next run change.",
    "drift chamber expert on call",
    _cathode_rates,
    HeatMapFigure(
        Grid(_STRIPS, _PLANES), Axis("plane", 0.5, 48.5), Axis("strip", 0, 192), "viridis", zeros=True, box=False
    ),
    failures(
        {
            FaultKind.DEAD_BOARD: dead(board(blocks((1, _STRIPS, _PLANES), (24, 1)))),
            FaultKind.DEAD_CHANNEL: dead(channels(8)),
            FaultKind.HV_TRIP: weak(boards(blocks((1, _STRIPS, _PLANES), (192, 2)))),
            FaultKind.HOT_CHANNEL: hot(channels(3), 4.0),
            FaultKind.NOISE: noisy(boards(blocks((1, _STRIPS, _PLANES), (96, 6)))),
        }
    ),
)

_LAYERS, _WIRES = 36, 112


def _cell_rates(run: RunConditions, rng: np.random.Generator) -> FloatArray:
    layer, wire = np.arange(_LAYERS)[:, None], np.arange(_WIRES)[None, :]
    region = np.array((1.0, 0.9, 0.62, 0.58, 0.42, 0.4))[layer // 6]
    fall = np.exp(-wire / 55.0) + 0.6 * bell(wire.astype(float), 6, 5)
    shape = region * fall * np.where(layer % 6 == 0, 0.92, 1.0)
    sectors = shape[None] * rng.uniform(0.93, 1.07, (6, 1, 1)) * installed_gains("DC", (6, _LAYERS, _WIRES), 0.06)
    return to_total(sectors, 1_500_000 * run.rate) * installed_flaws("DC", sectors.shape, 30, 0.0)


_DC_SHAPE = (6, _LAYERS, _WIRES)
DC = PlotModel(
    "DC_superlayers",
    "DC occupancy, layer by wire",
    ("Tracking", "Drift chambers"),
    "Hits per wire and layer of the six drift chamber sectors; six layers make a superlayer.",
    "A dim band over a whole superlayer is high voltage. A blank block of 16 wires is a readout board.",
    "drift chamber expert on call",
    _cell_rates,
    HeatMapFigure(
        Grid(_LAYERS, _WIRES),
        Axis("wire", 0, _WIRES),
        Axis("layer", 0, _LAYERS),
        "rainbow",
        rows=2,
        columns=3,
        box=False,
        titles=tuple(f"sector {number}" for number in range(1, 7)),
    ),
    failures(
        {
            FaultKind.DEAD_BOARD: dead(board(blocks(_DC_SHAPE, (6, 16)))),
            FaultKind.DEAD_SECTOR: dead(board(blocks(_DC_SHAPE, (_LAYERS, _WIRES)))),
            FaultKind.HV_TRIP: weak(boards(blocks(_DC_SHAPE, (6, _WIRES)))),
            FaultKind.HOT_CHANNEL: hot(channels(3), 3.0),
            FaultKind.NOISE: noisy(boards(blocks(_DC_SHAPE, (12, 56)))),
            FaultKind.SWAPPED_CABLE: swapped(blocks(_DC_SHAPE, (6, 16))),
        }
    ),
)

_SVT, _SVT_STRIPS = 10, 128


def _silicon_rates(run: RunConditions, rng: np.random.Generator) -> FloatArray:
    strip = np.linspace(-1, 1, _SVT_STRIPS)[None, :]
    angle = centres(0, 2 * np.pi, _SVT)[:, None]
    shape = (1 - 0.25 * strip**2) * (1 + 0.07 * np.cos(angle - rng.uniform(0, 2 * np.pi)))
    return to_total(shape * installed_gains("SVT", (_SVT, _SVT_STRIPS), 0.05), 350_000 * run.rate)


SVT = PlotModel(
    "SVT_sectors",
    "SVT strip occupancy, region 1",
    ("Tracking", "Silicon"),
    "Hits per strip of the ten innermost silicon vertex tracker modules.",
    "A missing quarter of a module is one readout chip: reload its configuration at the next run change. A single "
    "spike is a noisy strip to be masked.",
    "silicon tracker expert on call",
    _silicon_rates,
    HistogramFigure(
        Axis("strip", 0, 256),
        "hits",
        Style.FILLED,
        ((160, 208, 214),),
        outline=(0, 90, 110),
        rows=2,
        columns=5,
        box=False,
        titles=tuple(f"module {number}" for number in range(1, 11)),
    ),
    failures(
        {
            FaultKind.DEAD_BOARD: dead(board(blocks((_SVT, _SVT_STRIPS), (32,)))),
            FaultKind.DEAD_SECTOR: dead(board(blocks((_SVT, _SVT_STRIPS), (_SVT_STRIPS,)))),
            FaultKind.DEAD_CHANNEL: dead(channels(4)),
            FaultKind.HOT_CHANNEL: hot(channels(2), 3.0),
            FaultKind.NOISE: noisy(panel),
        }
    ),
)

MODELS = (CDC, FDC, DC, SVT)
