"""Effects: what faults do to the expected entries of the cells they hit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from backend.simulation.arrays import FloatArray, IntArray
from backend.simulation.faults import Damage, Effect
from backend.simulation.selections import Selection, everything

Pattern = Callable[[FloatArray, np.random.Generator], FloatArray]
"""(expected entries, random numbers) → what would be seen if nothing but the fault were there."""


def dead(cells: Selection) -> Effect:
    """The cells see nothing; the selection grows with the strength."""

    def effect(rates: FloatArray, strength: float, rng: np.random.Generator) -> Damage:
        mask = cells(rates, strength, rng)
        return Damage(np.where(mask, 0.0, rates), mask)

    return effect


def weak(cells: Selection, deepest: float = 0.95) -> Effect:
    """The cells lose a part of their entries: `deepest` of them at strength 1."""

    def effect(rates: FloatArray, strength: float, rng: np.random.Generator) -> Damage:
        mask = cells(rates, strength, rng)
        return Damage(np.where(mask, rates * (1 - deepest * strength), rates), mask)

    return effect


def hot(cells: Selection, most: float = 9.0) -> Effect:
    """The cells count on top of their data: 0.35 to `most` times the busiest cell's rate."""

    def effect(rates: FloatArray, strength: float, rng: np.random.Generator) -> Damage:
        mask = cells(rates, strength, rng)
        extra = float(rates.max()) * (0.35 + (most - 0.35) * strength**2)
        return Damage(np.where(mask, rates + extra, rates), mask)

    return effect


def noisy(cells: Selection, most: float = 2.0, flicker: float = 0.6) -> Effect:
    """The cells gain uneven background: at strength 1 `most` times the mean rate, varying by `flicker`."""

    def effect(rates: FloatArray, strength: float, rng: np.random.Generator) -> Damage:
        mask = cells(rates, strength, rng)
        level = float(rates[rates > 0].mean()) * most
        uneven = level * rng.lognormal(-(flicker**2) / 2, flicker, rates.shape)
        return Damage(np.where(mask & (rates > 0), rates + strength * uneven, rates), mask & (rates > 0))

    return effect


def shifted(cells: Selection, most: float, axis: int = -1) -> Effect:
    """Whole panels move along an axis by up to `most` of its length, either way."""

    def effect(rates: FloatArray, strength: float, rng: np.random.Generator) -> Damage:
        mask = cells(rates, strength, rng)
        sign = rng.choice((-1.0, 1.0))
        bins = np.arange(rates.shape[axis], dtype=float)
        moved = _resampled(rates, bins - sign * most * strength * len(bins), axis)
        return Damage(np.where(mask, moved, rates), mask)

    return effect


def stretched(cells: Selection, most: float, origin: float = 0.0, axis: int = -1) -> Effect:
    """Everything is measured too high or too low by up to `most`; `origin` is the bin that means zero."""

    def effect(rates: FloatArray, strength: float, rng: np.random.Generator) -> Damage:
        mask = cells(rates, strength, rng)
        gain = 1 + most * strength * rng.choice((-0.7, 1.0))
        bins = np.arange(rates.shape[axis], dtype=float)
        moved = _resampled(rates, origin + (bins - origin) / gain, axis) / gain
        return Damage(np.where(mask, moved, rates), mask)

    return effect


def swapped(numbers: IntArray) -> Effect:
    """Two boards deliver each other's data; the stronger, the less alike they are."""

    def effect(rates: FloatArray, strength: float, rng: np.random.Generator) -> Damage:
        flat, mask = rates.ravel().copy(), np.zeros(rates.size, bool)
        one, other = _unlike_boards(flat, numbers.ravel(), strength, rng)
        flat[one], flat[other] = _spread(flat[other], len(one)), _spread(flat[one], len(other))
        mask[one] = mask[other] = True
        return Damage(flat.reshape(rates.shape), mask.reshape(rates.shape))

    return effect


def overlaid(pattern: Pattern, most: float = 1.0, cells: Selection = everything, least: float = 0.0) -> Effect:
    """Another source takes the place of the data in these cells: from `least` to `most` (0 to 1) of them.

    Channels that see nothing at all stay dark: a dead one does not see the other source either.
    """

    def effect(rates: FloatArray, strength: float, rng: np.random.Generator) -> Damage:
        mask = cells(rates, strength, rng) & (rates > 0)
        share = least + (most - least) * strength
        return Damage(np.where(mask, (1 - share) * rates + share * pattern(rates, rng), rates), mask)

    return effect


def silent(cells: Selection, stray: float = 6.0) -> Effect:
    """The cells see nothing but a few stray entries: none at strength 1, up to `stray` in all below."""

    def effect(rates: FloatArray, strength: float, rng: np.random.Generator) -> Damage:
        mask = cells(rates, strength, rng)
        share = stray * (1 - strength) / max(float(rates[mask].sum()), 1e-9)
        return Damage(np.where(mask, rates * min(share, 1.0), rates), mask)

    return effect


def empty() -> Effect:
    """No data at all but for a few stray entries."""
    return silent(everything, 12.0)


def untouched(rates: FloatArray, strength: float, rng: np.random.Generator) -> Damage:
    """The data are sound: the fault lies in how they are drawn."""
    return Damage(rates, everything(rates, strength, rng))


def _resampled(rates: FloatArray, at: FloatArray, axis: int) -> FloatArray:
    """The rates read off at other positions; channels that see nothing go on seeing nothing."""
    bins = np.arange(rates.shape[axis], dtype=float)

    def line(values: FloatArray) -> FloatArray:
        alive = values > 0
        if not alive.any():
            return values
        read: FloatArray = np.interp(at, bins[alive], values[alive])
        return np.where(alive, read, 0.0)

    moved: FloatArray = np.apply_along_axis(line, axis, rates)
    return moved


def _spread(values: FloatArray, length: int) -> FloatArray:
    """The values of one board laid over the cells of another."""
    laid: FloatArray = values[np.arange(length) * len(values) // length]
    return laid


def _unlike_boards(
    flat: FloatArray, owner: IntArray, strength: float, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """Cells of a random board and of the one whose rate differs from it as much as the strength asks."""
    sizes = np.bincount(owner[owner >= 0])
    rates = np.bincount(owner[owner >= 0], flat[owner >= 0], len(sizes)) / np.maximum(sizes, 1)
    first = int(rng.choice(np.flatnonzero(rates > 0)))
    partners = np.flatnonzero((rates > 0) & (np.arange(len(sizes)) != first))
    ranked = partners[np.argsort(np.abs(rates[partners] - rates[first]), kind="stable")]
    second = ranked[min(len(ranked) - 1, int(strength * len(ranked)))]
    return np.flatnonzero(owner == first), np.flatnonzero(owner == second)
