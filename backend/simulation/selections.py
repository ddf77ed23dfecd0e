"""Selections: which cells a fault hits. More strength takes more cells, always including those of less strength."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from backend.simulation.arrays import BoolArray, FloatArray, IntArray

Selection = Callable[[FloatArray, float, np.random.Generator], BoolArray]
"""(expected entries, strength, random numbers) → cells of the same shape."""


def blocks(shape: tuple[int, ...], size: tuple[int, ...]) -> IntArray:
    """Board numbers of an array of cells cut into blocks of `size`; the first axis counts panels."""
    numbers = np.zeros(shape, np.intp)
    for axis, step in enumerate((1, *size)):
        position = np.arange(shape[axis]) // step
        numbers = numbers * (int(position[-1]) + 1) + position.reshape(
            [-1 if a == axis else 1 for a in range(len(shape))]
        )
    return numbers


def board(numbers: IntArray) -> Selection:
    """Neighbouring cells of one board that has data: one or so at first, the whole board at strength 1."""

    def select(rates: FloatArray, strength: float, rng: np.random.Generator) -> BoolArray:
        number = _busy_board(numbers, rates, rng)
        cells = np.flatnonzero(numbers == number)
        return _marked(rates, cells[: max(1, math.ceil(strength * len(cells)))])

    return select


def boards(numbers: IntArray) -> Selection:
    """All of one board, whatever the strength."""

    def select(rates: FloatArray, strength: float, rng: np.random.Generator) -> BoolArray:
        mask: BoolArray = numbers == _busy_board(numbers, rates, rng)
        return mask

    return select


def channels(most: int, least: float = 0.6) -> Selection:
    """1 to `most` single cells anywhere, among those with at least `least` times the median rate."""

    def select(rates: FloatArray, strength: float, rng: np.random.Generator) -> BoolArray:
        flat = rates.ravel()
        candidates = np.flatnonzero(flat >= least * np.median(flat[flat > 0]))
        picked = rng.permutation(candidates)[: 1 + int(strength * (most - 1) + 1e-9)]
        return _marked(rates, picked)

    return select


def panel(rates: FloatArray, strength: float, rng: np.random.Generator) -> BoolArray:
    """One whole panel."""
    mask = np.zeros(rates.shape, bool)
    mask[int(rng.integers(len(rates)))] = True
    return mask


def tail(rates: FloatArray, strength: float, rng: np.random.Generator) -> BoolArray:
    """The cells of a strip chart from some moment on: at least the last fifth of what is filled."""
    filled = int(np.flatnonzero(rates[0])[-1]) + 1
    mask = np.zeros(rates.shape, bool)
    mask[:, int(filled * rng.uniform(0.1, 0.8)) : filled] = True
    return mask


def everything(rates: FloatArray, strength: float, rng: np.random.Generator) -> BoolArray:
    """All cells."""
    return np.ones(rates.shape, bool)


def _busy_board(numbers: IntArray, rates: FloatArray, rng: np.random.Generator) -> int:
    """A board that sees a fair share of the data: a dead board where nothing comes cannot be seen."""
    flat = numbers.ravel()
    known = flat >= 0
    size = int(flat.max()) + 1
    rate = np.bincount(flat[known], rates.ravel()[known], size) / np.maximum(
        np.bincount(flat[known], minlength=size), 1
    )
    return int(rng.choice(np.flatnonzero(rate >= 0.5 * np.median(rate[rate > 0]))))


def _marked(rates: FloatArray, cells: IntArray) -> BoolArray:
    mask = np.zeros(rates.size, bool)
    mask[cells] = True
    return mask.reshape(rates.shape)
