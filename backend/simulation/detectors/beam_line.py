"""Beam line: tagger, pair spectrometer and beam profile."""

from __future__ import annotations

import numpy as np

from backend.simulation.arrays import FloatArray
from backend.simulation.cells import Grid
from backend.simulation.conditions import RunConditions
from backend.simulation.detectors.shapes import bell, centres, installed_flaws, installed_gains, rising, to_total
from backend.simulation.effects import dead, hot, noisy, overlaid, shifted, stretched, swapped, untouched, weak
from backend.simulation.faults import FaultKind
from backend.simulation.heat_maps import HeatMapFigure
from backend.simulation.histograms import HistogramFigure, Style
from backend.simulation.plot_models import PlotModel, failures
from backend.simulation.selections import blocks, board, boards, channels, everything, panel
from backend.simulation.ticks import Axis

_COUNTERS = 220
_PHOTON = centres(3.0, 11.8, _COUNTERS)


def _coherent(energy: FloatArray, edge: float) -> FloatArray:
    """Bremsstrahlung with the coherent peak that ends at `edge` (GeV) and its weaker second."""
    peak = np.exp((energy - edge) / 0.9) * (1 - rising(energy, edge, 0.04))
    second = 0.35 * np.exp((energy - edge - 1.7) / 0.6) * (1 - rising(energy, edge + 1.7, 0.06))
    return 4.5 / energy + 1.6 * peak + 1.2 * second


def _tagger_rates(run: RunConditions, rng: np.random.Generator) -> FloatArray:
    shape = _coherent(_PHOTON, 8.8 + 0.05 * run.drift) * installed_gains("TAGH", (_COUNTERS,), 0.025)
    ends = rising(_PHOTON, 3.15, 0.04) * (1 - rising(_PHOTON, 11.6, 0.03))
    flaws = installed_flaws("TAGH", (_COUNTERS,), 2, 0.0)
    return to_total(shape * ends, 350_000 * run.rate)[None] * flaws


TAGGER = PlotModel(
    "Tagger_energy",
    "Tagger photon energy",
    ("Beam line", "Tagger"),
    "Photons per tagger counter against energy; the sharp edge near 8.8 GeV is the coherent peak.",
    "The edge moved: ask the beam operator about the radiator's angle. A gap of ten counters is a discriminator.",
    "tagger expert on call",
    _tagger_rates,
    HistogramFigure(
        Axis("photon energy (GeV)", 3.0, 11.8), "hits", Style.FILLED, ((190, 206, 232),), outline=(0, 30, 140)
    ),
    failures(
        {
            FaultKind.DEAD_BOARD: dead(board(blocks((1, _COUNTERS), (10,)))),
            FaultKind.DEAD_CHANNEL: dead(channels(4)),
            FaultKind.SHIFT: shifted(everything, 0.12),
            FaultKind.HOT_CHANNEL: hot(channels(2), 3.0),
            FaultKind.NOISE: noisy(everything, 1.5),
            FaultKind.MISSING_AXIS: untouched,
        }
    ),
    chunked=False,
)

_FIBRES = 128


def _microscope_rates(run: RunConditions, rng: np.random.Generator) -> FloatArray:
    rise = np.linspace(0.72, 1.1, _FIBRES) * (1 + 0.02 * run.drift * np.linspace(-1, 1, _FIBRES))
    return to_total(rise * installed_gains("TAGM", (_FIBRES,), 0.07), 150_000 * run.rate)[None]


TAGM = PlotModel(
    "TAGM_occupancy",
    "TAGM occupancy",
    ("Beam line", "Tagger"),
    "Hits per column of scintillating fibres of the tagger microscope.",
    "A dip of sixteen columns is one bundle's bias: check it in the slow controls.",
    "tagger expert on call",
    _microscope_rates,
    HistogramFigure(
        Axis("column", 0, _FIBRES), "hits", Style.FILLED, ((126, 62, 204),), outline=(96, 36, 170), box=False
    ),
    failures(
        {
            FaultKind.DEAD_BOARD: dead(board(blocks((1, _FIBRES), (8,)))),
            FaultKind.DEAD_CHANNEL: dead(channels(3)),
            FaultKind.HV_TRIP: weak(boards(blocks((1, _FIBRES), (16,)))),
            FaultKind.HOT_CHANNEL: hot(channels(2), 3.0),
        }
    ),
)

_TILES = 145


def _pair_rates(run: RunConditions, rng: np.random.Generator) -> FloatArray:
    tile = centres(0, _TILES, _TILES)
    left = rising(tile, 12, 5) * np.exp(-tile / 85.0) * (1 - rising(tile, 132 + 3 * run.drift, 4))
    right = rising(tile, 18, 6) * np.exp(-tile / 70.0) * (1 - rising(tile, 126 + 3 * run.drift, 5))
    arms = np.stack([left, right * rng.uniform(0.9, 1.05)]) + 0.015 * run.noise
    return to_total(arms * installed_gains("PS", arms.shape, 0.06), 200_000 * run.rate)


PAIRS = PlotModel(
    "PS_pairs",
    "PS hits per tile",
    ("Beam line", "Pair spectrometer"),
    "Hits per tile of the pair spectrometer's left and right arm.",
    "Both arms low together: the converter is out. A gap of eight tiles in one arm is a preamplifier board.",
    "pair spectrometer expert on call",
    _pair_rates,
    HistogramFigure(
        Axis("tile", 0, _TILES),
        "hits",
        Style.BARS,
        ((214, 94, 0),),
        columns=2,
        gap=0.0,
        box=False,
        titles=("left arm", "right arm"),
    ),
    failures(
        {
            FaultKind.DEAD_BOARD: dead(board(blocks((2, _TILES), (12,)))),
            FaultKind.DEAD_CHANNEL: dead(channels(3)),
            FaultKind.HV_TRIP: weak(boards(blocks((2, _TILES), (36,)))),
            FaultKind.HOT_CHANNEL: hot(channels(2), 3.0),
            FaultKind.NOISE: noisy(panel, 1.0),
            FaultKind.SWAPPED_CABLE: swapped(blocks((2, _TILES), (12,))),
        }
    ),
)

_PAIR_ENERGY = centres(5.0, 13.0, 160)


def _pair_energy_rates(run: RunConditions, rng: np.random.Generator) -> FloatArray:
    acceptance = bell(_PAIR_ENERGY, 8.6 + 0.05 * run.drift, 1.25) * rising(_PAIR_ENERGY, 6.1, 0.12)
    shape = acceptance * _coherent(_PAIR_ENERGY, 8.8 + 0.03 * run.drift) + 0.004 * run.noise
    return to_total(shape, 90_000 * run.rate)[None]


PAIR_ENERGY = PlotModel(
    "Kinematics-PSEnergy",
    "PS pair energy",
    ("Beam line", "Pair spectrometer"),
    "Energy of electron-positron pairs in the spectrometer.",
    "The whole spectrum moved: read the magnet's current. A floor under it: accidental pairs, look at the rates.",
    "pair spectrometer expert on call",
    _pair_energy_rates,
    HistogramFigure(Axis("pair energy (GeV)", 5.0, 13.0), "pairs / 50 MeV", Style.LINE, outline=(30, 90, 190)),
    failures(
        {
            FaultKind.WRONG_GAIN: stretched(everything, 0.25, origin=-100.0),
            FaultKind.DEAD_BOARD: weak(boards(blocks((1, 160), (10,))), 1.0),
            FaultKind.HOT_CHANNEL: hot(channels(1), 2.0),
            FaultKind.NOISE: noisy(everything, 1.2, 0.15),
        }
    ),
    chunked=False,
)

_BINS = 100
_MM = centres(-10.0, 10.0, _BINS)


def _spot_rates(run: RunConditions, rng: np.random.Generator) -> FloatArray:
    x, y = _MM[None, :] - 0.25 * run.drift - rng.normal(0, 0.1), _MM[:, None] - rng.normal(0, 0.15)
    tilt = 0.25
    core = np.exp(-0.5 * ((x - tilt * y) / 1.5) ** 2 - 0.5 * (y / 1.1) ** 2)
    halo = 0.04 * run.noise**0.5 * np.exp(-np.hypot(x, y) / 3.5)
    return to_total(core + halo, 250_000 * run.rate)[None]


def _halo(rates: FloatArray, rng: np.random.Generator) -> FloatArray:
    x, y = _MM[None, :] - rng.uniform(-2, 2), _MM[:, None] - rng.uniform(-2, 2)
    return to_total(np.exp(-np.hypot(x, y) / 4.0), max(1.6 * rates.sum(), 1.0))[None]


PROFILE = PlotModel(
    "Beam_profile_2D",
    "Photon beam profile",
    ("Beam line",),
    "Where photons cross the profiler before the collimator, in millimetres.",
    "The spot should lie within half a millimetre of the middle. Away from it: ask the operators to "
    "steer. A wide glow: the beam scrapes the collimator.",
    "beam line expert on call",
    _spot_rates,
    HeatMapFigure(
        Grid(_BINS, _BINS), Axis("x (mm)", -10, 10), Axis("y (mm)", -10, 10), "rainbow", square=True, box=True
    ),
    failures(
        {
            FaultKind.SHIFT: shifted(everything, 0.3),
            FaultKind.NOISE: overlaid(_halo, 0.7),
            FaultKind.DEAD_CHANNEL: dead(boards(blocks((1, _BINS, _BINS), (_BINS, 2)))),
            FaultKind.HOT_CHANNEL: hot(channels(2), 3.0),
        }
    ),
    chunked=False,
)

MODELS = (TAGGER, TAGM, PAIRS, PAIR_ENERGY, PROFILE)
