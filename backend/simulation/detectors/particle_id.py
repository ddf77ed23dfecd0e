"""Particle identification: an irregular wall of photon detectors and photoelectron spectra."""

from __future__ import annotations

import numpy as np

from backend.simulation.arrays import FloatArray, IntArray
from backend.simulation.cells import TileRows
from backend.simulation.conditions import RunConditions
from backend.simulation.detectors.shapes import bell, centres, installed_flaws, installed_gains, to_total
from backend.simulation.effects import dead, hot, noisy, overlaid, silent, stretched, swapped, weak
from backend.simulation.faults import FaultKind
from backend.simulation.heat_maps import HeatMapFigure
from backend.simulation.histograms import HistogramFigure, Style
from backend.simulation.plot_models import PlotModel, failures
from backend.simulation.selections import board, boards, channels, panel
from backend.simulation.ticks import Axis

_ROWS = tuple(range(6, 29))
_SIDE = 4
_PER_TILE = _SIDE**2
_TILES = sum(_ROWS)
_TILE_ROW = np.repeat(np.arange(len(_ROWS)), _ROWS)
_TILE_X = np.concatenate([np.arange(count) - (count - 1) / 2 for count in _ROWS])
_OWNER = np.repeat(np.arange(_TILES), _PER_TILE)[None]


def _front_ends() -> IntArray:
    """Readout boards: three neighbouring tiles of a row, the last one of a row perhaps fewer."""
    within = np.concatenate([np.arange(count) // 3 for count in _ROWS])
    numbers = np.unique(_TILE_ROW * 100 + within, return_inverse=True)[1]
    return np.repeat(numbers, _PER_TILE)[None].astype(np.intp)


def _tile_rates(run: RunConditions, rng: np.random.Generator) -> FloatArray:
    distance = np.hypot(_TILE_X - 0.4 * run.drift, (_TILE_ROW - 8) * 1.1)
    glow = 0.15 + bell(distance, 0, 7.5) + 0.5 * bell(distance, 5.0, 1.8)
    pixels = np.repeat(glow * installed_gains("RICH", (_TILES,), 0.14), _PER_TILE)
    shape = pixels * installed_gains("RICH pixels", pixels.shape, 0.08)
    dark = np.repeat(installed_flaws("RICH", (_TILES,), 2, 0.1), _PER_TILE)
    return (to_total(shape, 500_000 * run.rate) * dark)[None]


RICH = PlotModel(
    "RICH_tiles",
    "RICH occupancy by tile",
    ("Particle ID",),
    "Hits per pixel of the 391 photon detector tiles of the ring-imaging Cherenkov counter.",
    "One to three dark tiles in a row are one readout board: power-cycle it between runs. A glowing tile has a light "
    "leak or a wrong threshold.",
    "Cherenkov expert on call",
    _tile_rates,
    HeatMapFigure(TileRows(_ROWS, _SIDE), Axis("x (cm)", -75, 75), Axis("y (cm)", 0, 120), "violet", box=False),
    failures(
        {
            FaultKind.DEAD_BOARD: dead(board(_front_ends())),
            FaultKind.HV_TRIP: weak(boards(_OWNER)),
            FaultKind.HOT_CHANNEL: hot(boards(_OWNER), 2.5),
            FaultKind.NOISE: noisy(boards(np.repeat(_TILE_ROW // 4, _PER_TILE)[None]), 1.2),
            FaultKind.SWAPPED_CABLE: swapped(_front_ends()),
        }
    ),
)

_NPHE = centres(0.0, 40.0, 100)


def _photoelectron_rates(run: RunConditions, rng: np.random.Generator) -> FloatArray:
    light = 11.5 * run.gain * rng.uniform(0.97, 1.03, 6)
    single = 0.9 * run.noise**0.4 * bell(_NPHE, 1.6, 0.7)
    spectra = [single + (_NPHE / mean) ** 2 * np.exp(-0.5 * ((_NPHE - mean) / 5.5) ** 2) for mean in light]
    return to_total(np.stack(spectra) * rng.uniform(0.85, 1.1, (6, 1)), 120_000 * run.rate)


def _dark_counts(rates: FloatArray, rng: np.random.Generator) -> FloatArray:
    return to_total(np.broadcast_to(bell(_NPHE, 1.6, 0.8), rates.shape), max(2.5 * rates.sum(), 1.0))


def _pulser(rates: FloatArray, rng: np.random.Generator) -> FloatArray:
    peak = rng.uniform(16, 26)
    return to_total(np.broadcast_to(bell(_NPHE, peak, 1.4), rates.shape), max(rates.sum(), 1.0))


LTCC = PlotModel(
    "LTCC_nphe",
    "LTCC photoelectrons",
    ("Particle ID",),
    "Photoelectrons per track in the six sectors of the threshold Cherenkov counter.",
    "A spectrum squeezed to the left has lost gain; a tall first peak alone is noise. Sharp lines in all sectors are "
    "the light pulser.",
    "Cherenkov expert on call",
    _photoelectron_rates,
    HistogramFigure(
        Axis("photoelectrons", 0.0, 40.0),
        "tracks",
        Style.FILLED,
        ((255, 228, 150),),
        outline=(150, 80, 0),
        rows=2,
        columns=3,
        box=False,
        titles=tuple(f"sector {number}" for number in range(1, 7)),
    ),
    failures(
        {
            FaultKind.WRONG_GAIN: stretched(panel, 0.7),
            FaultKind.NOISE: overlaid(_dark_counts, 0.9, panel),
            FaultKind.DEAD_SECTOR: silent(panel),
            FaultKind.HOT_CHANNEL: hot(channels(1), 3.0),
            FaultKind.LED: overlaid(_pulser),
        }
    ),
)

MODELS = (RICH, LTCC)
