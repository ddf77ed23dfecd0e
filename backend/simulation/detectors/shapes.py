"""Shapes that several detectors share. All arrays are float64; nothing here is random unless given a generator."""

from __future__ import annotations

import numpy as np

from backend.simulation.arrays import FloatArray
from backend.simulation.conditions import name_seed


def centres(low: float, high: float, bins: int) -> FloatArray:
    """Middles of `bins` equal bins from `low` to `high`."""
    return low + (np.arange(bins) + 0.5) * (high - low) / bins


def bell(x: FloatArray, mean: float | FloatArray, width: float) -> FloatArray:
    """A Gaussian of height 1."""
    value: FloatArray = np.exp(-0.5 * ((x - mean) / width) ** 2)
    return value


def rising(x: FloatArray, edge: float, width: float) -> FloatArray:
    """A smooth step from 0 to 1 at `edge`; a negative width falls instead."""
    value: FloatArray = 1 / (1 + np.exp(-np.clip((x - edge) / width, -60, 60)))
    return value


def to_total(shape: FloatArray, total: float) -> FloatArray:
    """The shape scaled to `total` entries."""
    scaled: FloatArray = shape * (total / shape.sum())
    return scaled


def installed_gains(name: str, shape: tuple[int, ...], spread: float) -> FloatArray:
    """Channel to channel differences of the detector as built: the same in every run."""
    return np.random.default_rng(name_seed(name)).lognormal(0.0, spread, shape)


def installed_flaws(name: str, shape: tuple[int, ...], number: int, level: float) -> FloatArray:
    """Ones, but for `number` channels at `level` that everybody has known for years."""
    rng = np.random.default_rng(name_seed(name) + 1)
    factors = np.ones(shape)
    factors.flat[rng.choice(factors.size, number, replace=False)] = level
    return factors
