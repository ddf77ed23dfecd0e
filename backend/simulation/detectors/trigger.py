"""Trigger: bits of the first level and the rate over the run."""

from __future__ import annotations

import numpy as np

from backend.simulation.arrays import FloatArray
from backend.simulation.conditions import RunConditions
from backend.simulation.detectors.shapes import rising
from backend.simulation.effects import dead, hot, noisy, overlaid, swapped, untouched, weak
from backend.simulation.faults import FaultKind
from backend.simulation.histograms import HistogramFigure, Style
from backend.simulation.plot_models import PlotModel, failures
from backend.simulation.selections import blocks, boards, channels, tail
from backend.simulation.ticks import Axis

_BIT_RATES = np.array([2.1e5, 4.6e5, 8.8e4, 2.4e3, 9e2, 5.5e3, 5.9e3, 6.4e3, 0, 3.1e4, 1.2e4, 7e2, 0, 1.6e2, 4e3, 60])
_PHYSICS, _CONTROL = (230, 159, 20), (200, 52, 52)
_COSMIC_BITS, _LED_BITS = (5, 13), (14, 15)


def _bit_rates(run: RunConditions, rng: np.random.Generator) -> FloatArray:
    prescaled: FloatArray = np.atleast_2d(_BIT_RATES) * rng.lognormal(0.0, 0.18, _BIT_RATES.shape) * run.rate
    return prescaled


def _only(bits: tuple[int, int], rates: FloatArray) -> FloatArray:
    shares = np.full(rates.shape, 2e-5) * (rates > 0)
    shares[0, list(bits)] = 0.3, 0.02
    return shares * float(rates.sum())


def _cosmic_bits(rates: FloatArray, rng: np.random.Generator) -> FloatArray:
    return _only(_COSMIC_BITS, rates) * 0.05


def _led_bits(rates: FloatArray, rng: np.random.Generator) -> FloatArray:
    return _only(_LED_BITS, rates)


_BITS = (1, len(_BIT_RATES))
L1 = PlotModel(
    "L1_trigger_bits",
    "L1 trigger bits",
    ("Trigger",),
    "How often each bit of the first-level trigger fired: physics bits 0-3 and 9-11, the others for control.",
    "A physics bit that is missing or far too high: stop the run and reload the trigger configuration.",
    "trigger expert on call",
    _bit_rates,
    HistogramFigure(
        Axis("trigger bit", -0.5, 15.5),
        "triggers",
        Style.BARS,
        tuple(_PHYSICS if bit < 4 or 9 <= bit < 12 else _CONTROL for bit in range(16)),
        log=True,
        gap=0.12,
        box=False,
    ),
    failures(
        {
            FaultKind.DEAD_CHANNEL: dead(channels(2, least=0.3)),
            FaultKind.HV_TRIP: weak(channels(1, least=0.3), 0.99),
            FaultKind.HOT_CHANNEL: hot(channels(1, least=0.0), 5.0),
            FaultKind.SWAPPED_CABLE: swapped(blocks(_BITS, (1,))),
            FaultKind.DEAD_BOARD: weak(boards(blocks(_BITS, (4,))), 1.0),
            FaultKind.MISSING_AXIS: untouched,
            FaultKind.COSMICS: overlaid(_cosmic_bits, 0.9999, least=0.98),
            FaultKind.LED: overlaid(_led_bits, 0.99),
        }
    ),
)

_MINUTES = 120


def _rate_over_time(run: RunConditions, rng: np.random.Generator) -> FloatArray:
    minute = np.arange(_MINUTES, dtype=float)
    level = np.full(_MINUTES, 38.0 * run.rate) * (1 + 0.03 * np.sin(minute / 17 + rng.uniform(0, 6)))
    for _ in range(rng.poisson(1.6)):
        begin, length = rng.uniform(3, _MINUTES), rng.exponential(3.0) + 1.5
        ramp = np.where(minute < begin, 1.0, rising(minute, begin + length, 0.8))
        level = level * np.maximum(ramp, 0.02)
    return (level * 40)[None]


def _filled_so_far(rates: FloatArray, part: float) -> FloatArray:
    """The chart up to now; at least four minutes."""
    return np.where(np.arange(_MINUTES) < max(4, part * _MINUTES), rates, 0.0)


def _flat_spread(rates: FloatArray, rng: np.random.Generator) -> FloatArray:
    """A rate that jumps up and down from minute to minute."""
    jumping: FloatArray = rates * rng.choice((0.45, 0.75, 1.1, 1.5), rates.shape)
    return jumping


RATE = PlotModel(
    "Trigger_rate_time",
    "Trigger rate over the run",
    ("Trigger",),
    "Accepted triggers per minute since the run began. Dips to zero are beam trips and no fault.",
    "A step that does not come back: look for a busy crate. Jumps from minute to minute: the trigger threshold "
    "sits in the noise.",
    "trigger expert on call",
    _rate_over_time,
    HistogramFigure(Axis("minutes", 0, _MINUTES), "triggers", Style.POINTS, outline=(20, 70, 160), box=False),
    failures(
        {
            FaultKind.WRONG_GAIN: weak(tail, 0.7),
            FaultKind.NOISE: overlaid(_flat_spread),
            FaultKind.HOT_CHANNEL: hot(channels(3), 3.0),
            FaultKind.DEAD_BOARD: noisy(tail, 1.0, 0.05),
            FaultKind.MISSING_AXIS: untouched,
        },
        hot_channel="Bad",
    ),
    chunked=False,
    growth=_filled_so_far,
)

MODELS = (L1, RATE)
