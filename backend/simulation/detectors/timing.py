"""Timing: counter bars, start counter paddles, radio-frequency peaks and time-to-digital maps."""

from __future__ import annotations

import numpy as np

from backend.simulation.arrays import FloatArray
from backend.simulation.cells import Grid
from backend.simulation.conditions import RunConditions
from backend.simulation.detectors.shapes import bell, centres, installed_gains, to_total
from backend.simulation.effects import dead, hot, noisy, overlaid, shifted, silent, swapped, weak
from backend.simulation.faults import FaultKind
from backend.simulation.heat_maps import HeatMapFigure
from backend.simulation.histograms import HistogramFigure, Style
from backend.simulation.plot_models import PlotModel, failures
from backend.simulation.selections import blocks, board, boards, channels, panel
from backend.simulation.ticks import Axis

_BARS = 44


def _bar_rates(run: RunConditions, rng: np.random.Generator) -> FloatArray:
    bar = centres(-_BARS / 2, _BARS / 2, _BARS)
    profile = 0.1 + bell(bar, 0.8 * run.drift, 9.0) + 0.5 * bell(bar, 0.8 * run.drift, 3.5)
    profile = profile * np.where(abs(bar) < 1.5, 0.55, 1.0)
    planes = np.stack([profile, profile[::-1] * rng.uniform(0.93, 1.02)])
    return to_total(planes * installed_gains("TOF", planes.shape, 0.04), 160_000 * run.rate)


TOF = PlotModel(
    "TOF_bars",
    "TOF hits per bar",
    ("Timing", "Time of flight"),
    "Hits per scintillator bar of both planes of the time-of-flight wall.",
    "A missing bar is a tripped photomultiplier or a loose cable: check its high voltage first. Four neighbours "
    "missing are one discriminator.",
    "time-of-flight expert on call",
    _bar_rates,
    HistogramFigure(
        Axis("bar", 0.5, 44.5),
        "hits",
        Style.BARS,
        ((62, 116, 176),),
        rows=2,
        gap=0.2,
        box=False,
        titles=("vertical plane", "horizontal plane"),
    ),
    failures(
        {
            FaultKind.DEAD_BOARD: dead(board(blocks((2, _BARS), (4,)))),
            FaultKind.DEAD_CHANNEL: dead(channels(2)),
            FaultKind.HV_TRIP: weak(channels(1)),
            FaultKind.HOT_CHANNEL: hot(channels(1), 4.0),
            FaultKind.NOISE: noisy(panel, 1.2),
            FaultKind.SWAPPED_CABLE: swapped(blocks((2, _BARS), (4,))),
        }
    ),
)

_PADDLES = 30


def _paddle_rates(run: RunConditions, rng: np.random.Generator) -> FloatArray:
    angle = centres(0, 2 * np.pi, _PADDLES)
    shape = 1 + (0.03 + 0.03 * abs(run.drift)) * np.cos(angle - rng.uniform(0, 2 * np.pi))
    return to_total(shape * installed_gains("ST", (_PADDLES,), 0.03), 260_000 * run.rate)[None]


def _paddle_cosmics(rates: FloatArray, rng: np.random.Generator) -> FloatArray:
    angle = centres(0, 2 * np.pi, _PADDLES)
    return to_total(0.1 + np.sin(angle) ** 2, max(0.1 * rates.sum(), 1.0))[None]


ST = PlotModel(
    "ST_counters",
    "Start counter hits per paddle",
    ("Timing",),
    "Hits per paddle of the start counter around the target; all thirty should be nearly level.",
    "A low paddle has lost gain: compare its bias current. A gap is a dead channel. Two humps are cosmic rays.",
    "start counter expert on call",
    _paddle_rates,
    HistogramFigure(Axis("paddle", 0.5, 30.5), "hits", Style.BARS, ((56, 168, 56),), gap=0.15),
    failures(
        {
            FaultKind.DEAD_CHANNEL: dead(channels(3)),
            FaultKind.DEAD_BOARD: dead(board(blocks((1, _PADDLES), (5,)))),
            FaultKind.WRONG_GAIN: weak(channels(1), 0.6),
            FaultKind.HV_TRIP: weak(boards(blocks((1, _PADDLES), (5,)))),
            FaultKind.HOT_CHANNEL: hot(channels(1), 4.0),
            FaultKind.COSMICS: overlaid(_paddle_cosmics, least=0.9),
        }
    ),
)

_TIME = centres(-2.0, 2.0, 160)
_SOURCES = ("TOF", "TAGH", "PSC", "FDC")


def _peak_rates(run: RunConditions, rng: np.random.Generator) -> FloatArray:
    widths = np.array((0.16, 0.22, 0.28, 0.4)) * rng.uniform(0.96, 1.06, 4)
    means = rng.normal(0, 0.015, 4) + 0.01 * run.drift
    peaks = np.stack([bell(_TIME, mean, width) for mean, width in zip(means, widths, strict=True)])
    accidental = 0.012 * run.noise * (1 + 0.1 * np.cos(_TIME * 3))
    heights = np.array((1.0, 0.8, 0.35, 0.6))[:, None]
    return to_total(heights * (peaks + accidental), 120_000 * run.rate)


def _flat(rates: FloatArray, rng: np.random.Generator) -> FloatArray:
    return to_total(np.ones(rates.shape), max(0.1 * rates.sum(), 1.0))


RF = PlotModel(
    "RF_selftiming",
    "RF self timing",
    ("Timing",),
    "Time of four detectors against the accelerator's radio frequency: four narrow peaks at zero.",
    "A peak away from zero: the clock distribution of that detector lost a cycle; re-synchronise its crate at once, "
    "data are being spoilt.",
    "timing expert on call",
    _peak_rates,
    HistogramFigure(
        Axis("time - RF (ns)", -2.0, 2.0),
        "hits",
        Style.LINE,
        outline=(40, 90, 200),
        rows=2,
        columns=2,
        box=False,
        titles=_SOURCES,
    ),
    failures(
        {
            FaultKind.TIME_SHIFT: shifted(panel, 0.3),
            FaultKind.NOISE: noisy(panel, 1.5, 0.1),
            FaultKind.DEAD_SECTOR: silent(panel),
            FaultKind.COSMICS: overlaid(_flat, least=0.9),
        }
    ),
)

_TDC_ROWS, _TDC_PADDLES = 50, 46


def _tdc_rates(run: RunConditions, rng: np.random.Generator) -> FloatArray:
    time, paddle = centres(0, 1, _TDC_ROWS)[:, None], np.arange(_TDC_PADDLES)[None, :]
    means = 0.42 + 0.0028 * paddle + 0.01 * run.drift + rng.normal(0, 0.004, (6, 1, 1))
    band = bell(time[None], means, 0.06) + 0.25 * bell(time[None], means + 0.1, 0.14)
    sectors = (band + 0.05 * run.noise) * np.exp(-paddle / 40.0) * rng.uniform(0.9, 1.1, (6, 1, 1))
    return to_total(sectors * installed_gains("FTOF", (6, 1, _TDC_PADDLES), 0.08), 600_000 * run.rate)


_TDC_SHAPE = (6, _TDC_ROWS, _TDC_PADDLES)
FTOF = PlotModel(
    "FTOF_tdc",
    "FTOF TDC by paddle and sector",
    ("Timing", "Time of flight"),
    "Raw time against paddle number for the six sectors of the forward time-of-flight wall.",
    "A sector's band above or below the others: its trigger latency is wrong. A blank column is a dead paddle.",
    "time-of-flight expert on call",
    _tdc_rates,
    HeatMapFigure(
        Grid(_TDC_ROWS, _TDC_PADDLES),
        Axis("paddle", 0, _TDC_PADDLES),
        Axis("TDC (ns)", 0, 500),
        "fire",
        rows=2,
        columns=3,
        zeros=True,
        box=False,
        titles=tuple(f"sector {number}" for number in range(1, 7)),
    ),
    failures(
        {
            FaultKind.TIME_SHIFT: shifted(panel, 0.3, axis=1),
            FaultKind.DEAD_CHANNEL: dead(boards(blocks(_TDC_SHAPE, (_TDC_ROWS, 1)))),
            FaultKind.DEAD_BOARD: weak(boards(blocks(_TDC_SHAPE, (_TDC_ROWS, 8))), 1.0),
            FaultKind.DEAD_SECTOR: silent(panel),
            FaultKind.NOISE: noisy(panel, 2.0),
        }
    ),
)

MODELS = (TOF, ST, RF, FTOF)
