"""Calorimeters: a forward wall with a beam hole, a barrel, and a two-photon mass spectrum."""

from __future__ import annotations

import numpy as np

from backend.simulation.arrays import FloatArray, IntArray
from backend.simulation.cells import Grid, Masked
from backend.simulation.conditions import RunConditions
from backend.simulation.detectors.shapes import bell, centres, installed_flaws, installed_gains, rising, to_total
from backend.simulation.effects import dead, hot, noisy, overlaid, stretched, swapped, weak
from backend.simulation.faults import FaultKind
from backend.simulation.heat_maps import HeatMapFigure
from backend.simulation.histograms import HistogramFigure, Style
from backend.simulation.plot_models import PlotModel, failures
from backend.simulation.selections import blocks, board, boards, channels, everything
from backend.simulation.ticks import Axis

_SIDE = 59
_ROW, _COLUMN = np.divmod(np.arange(_SIDE**2), _SIDE)
_FROM_MIDDLE = np.hypot(_ROW - _SIDE // 2, _COLUMN - _SIDE // 2)
_HOLE = np.maximum(abs(_ROW - _SIDE // 2), abs(_COLUMN - _SIDE // 2)) < 2
_KEPT = np.flatnonzero((_FROM_MIDDLE < 28.6) & ~_HOLE)
_BLOCKS = len(_KEPT)


def _wall_boards(side: int) -> IntArray:
    """Board numbers of the existing blocks, in squares of `side` blocks."""
    return blocks((1, _SIDE, _SIDE), (side, side)).reshape(1, -1)[:, _KEPT]


def _wall_rates(run: RunConditions, rng: np.random.Generator) -> FloatArray:
    row, column = _ROW[_KEPT] - 29 + 0.4 * run.drift, _COLUMN[_KEPT] - 29 + rng.normal(0, 0.3)
    radius = np.hypot(row, column)
    shape = (0.06 + np.exp(-radius / 9.0)) * installed_gains("FCAL", (_BLOCKS,), 0.1)
    flaws = installed_flaws("FCAL", (_BLOCKS,), 6, 0.0)
    return to_total(shape, 700_000 * run.rate)[None] * flaws


def _wall_light(rates: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Four light guides, one per quadrant, of slightly different brightness, paler towards the rim."""
    row, column = _ROW[_KEPT], _COLUMN[_KEPT]
    quadrant = (row > 29) * 2 + (column > 29)
    brightness = rng.uniform(0.7, 1.3, 4)[quadrant] * (1 - 0.012 * _FROM_MIDDLE[_KEPT])
    return to_total(brightness * installed_gains("FCAL light", (_BLOCKS,), 0.06), max(rates.sum(), 1.0))[None]


FCAL = PlotModel(
    "FCAL_occupancy",
    "FCAL channel occupancy",
    ("Calorimeters",),
    "Hits per lead-glass block of the forward calorimeter; the beam passes through the square hole.",
    "A dark square is a readout board: reset its crate. One bright block is a noisy base: note row and column. "
    "An even glow is the light pulser: ask whether it was meant to run.",
    "forward calorimeter expert on call",
    _wall_rates,
    HeatMapFigure(
        Masked(Grid(_SIDE, _SIDE), tuple(_KEPT.tolist())),
        Axis("column", 0, _SIDE),
        Axis("row", 0, _SIDE),
        "bird",
        square=True,
        box=False,
    ),
    failures(
        {
            FaultKind.DEAD_BOARD: dead(board(_wall_boards(5))),
            FaultKind.DEAD_CHANNEL: dead(channels(5, least=1.2)),
            FaultKind.HV_TRIP: weak(boards(_wall_boards(12))),
            FaultKind.HOT_CHANNEL: hot(channels(2), 2.5),
            FaultKind.NOISE: noisy(boards(_wall_boards(15)), 1.5),
            FaultKind.SWAPPED_CABLE: swapped(_wall_boards(4)),
            FaultKind.LED: overlaid(_wall_light, least=0.1),
        }
    ),
)

_LAYERS, _SECTORS = 20, 96
_PHI = centres(0, 2 * np.pi, _SECTORS)


def _barrel_rates(run: RunConditions, rng: np.random.Generator) -> FloatArray:
    depth = np.arange(_LAYERS) % 10
    layer = np.exp(-depth / 9.0) * np.where(np.arange(_LAYERS) < 10, 1.0, 0.8 + 0.012 * run.drift)
    phi = 1 + 0.04 * np.cos(_PHI - rng.uniform(0, 2 * np.pi))
    shape = layer[:, None] * phi[None, :] * installed_gains("BCAL", (_LAYERS, _SECTORS), 0.16)
    stripes = installed_gains("BCAL stripes", (_LAYERS, 1), 0.18)
    return to_total(shape * stripes, 400_000 * run.rate)[None]


def _barrel_light(rates: FloatArray, rng: np.random.Generator) -> FloatArray:
    column = np.where(np.arange(_SECTORS) % 4 < 2, 1.0, 0.55) * rng.uniform(0.9, 1.1, _SECTORS)
    end = np.where(np.arange(_LAYERS) < 10, 1.0, 0.4)
    return to_total(end[:, None] * column[None, :], max(1.5 * rates.sum(), 1.0))[None]


def _barrel_cosmics(rates: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Muons come from above: the top and bottom modules see most, the outer layers as much as the inner ones."""
    return to_total(np.ones((_LAYERS, 1)) * (0.12 + np.sin(_PHI) ** 2), max(0.1 * rates.sum(), 1.0))[None]


_SHAPE = (1, _LAYERS, _SECTORS)
BCAL = PlotModel(
    "BCAL_stripes",
    "BCAL occupancy by layer and sector",
    ("Calorimeters",),
    "Hits of the barrel calorimeter: ten layers of the upstream end below, ten of the downstream end above.",
    "A blank column is a module's digitiser: reset it. Bright top and bottom modules alone are cosmic rays, "
    "expected without beam.",
    "barrel calorimeter expert on call",
    _barrel_rates,
    HeatMapFigure(
        Grid(_LAYERS, _SECTORS),
        Axis("phi sector", 0, _SECTORS),
        Axis("layer", 0, _LAYERS),
        "viridis",
        zeros=True,
        box=False,
    ),
    failures(
        {
            FaultKind.DEAD_BOARD: dead(board(blocks(_SHAPE, (10, 4)))),
            FaultKind.DEAD_CHANNEL: dead(channels(6)),
            FaultKind.HV_TRIP: weak(boards(blocks(_SHAPE, (10, 8)))),
            FaultKind.WRONG_GAIN: weak(boards(blocks(_SHAPE, (10, _SECTORS))), 0.7),
            FaultKind.HOT_CHANNEL: hot(channels(3), 4.0),
            FaultKind.LED: overlaid(_barrel_light, least=0.05),
            FaultKind.COSMICS: overlaid(_barrel_cosmics, least=0.9),
        }
    ),
)

_MASS = centres(0.0, 0.8, 200)


def _mass_rates(run: RunConditions, rng: np.random.Generator) -> FloatArray:
    gain = 1 + 0.25 * (run.gain - 1)
    combinations = rising(_MASS, 0.05, 0.012) * np.exp(-_MASS / (0.28 + 0.01 * run.drift)) * run.noise**0.3
    pion = 1.5 * bell(_MASS, 0.135 * gain, 0.012)
    eta = 0.17 * bell(_MASS, 0.548 * gain, 0.024)
    return to_total(combinations + pion + eta, 150_000 * run.rate)[None]


def _mass_noise(rates: FloatArray, rng: np.random.Generator) -> FloatArray:
    return to_total(np.exp(-_MASS / 0.09), max(2.0 * rates.sum(), 1.0))[None]


def _mass_light(rates: FloatArray, rng: np.random.Generator) -> FloatArray:
    peak = rng.uniform(0.25, 0.45)
    return to_total(bell(_MASS, peak, 0.012) + 0.3 * bell(_MASS, peak * 1.3, 0.02), max(rates.sum(), 1.0))[None]


ECAL = PlotModel(
    "ECAL_energy",
    "ECAL two-photon mass",
    ("Calorimeters", "Electromagnetic"),
    "Mass of photon pairs: the neutral pion at 0.135 GeV, the eta at 0.548 GeV, on a smooth background.",
    "Compare the pion peak with the reference. Moved: calibration or high voltage. Drowned: noisy crystals. "
    "A narrow extra line is the light pulser.",
    "calorimeter calibration expert",
    _mass_rates,
    HistogramFigure(Axis("M (GeV)", 0.0, 0.8), "pairs / 4 MeV", Style.FILLED),
    failures(
        {
            FaultKind.WRONG_GAIN: stretched(everything, 0.25),
            FaultKind.NOISE: overlaid(_mass_noise, 0.8),
            FaultKind.LED: overlaid(_mass_light, 0.8),
            FaultKind.HOT_CHANNEL: hot(channels(1), 2.0),
        }
    ),
    chunked=False,
)

MODELS = (FCAL, BCAL, ECAL)
