"""Which images an epoch learns from and how much each counts. Pure functions of labels and counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend.training.recipes import Balance


def per_epoch(counts: NDArray[np.int64], balance: Balance) -> NDArray[np.int64]:
    """How many images of each label an epoch takes, from how many there are; int64 of shape (labels,)."""
    rest = counts.sum() - counts
    most = np.maximum(np.round(balance.most_per_rest * rest), balance.least).astype(np.int64)
    taken: NDArray[np.int64] = np.minimum(counts, most)
    return taken


def class_weights(taken: NDArray[np.int64], balance: Balance) -> NDArray[np.float32]:
    """Factors on the loss per label; their mean over an epoch's images is 1. Labels without images get 0."""
    raw = np.where(taken > 0, 1.0 / np.maximum(taken, 1) ** balance.power, 0.0)
    weights: NDArray[np.float32] = (raw * taken.sum() / (raw * taken).sum()).astype(np.float32)
    return weights


def draw_epoch(classes: NDArray[np.int32], taken: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.intp]:
    """Positions of an epoch's images in random order, `taken` of each label, none twice."""
    drawn = [rng.permutation(np.flatnonzero(classes == label))[:count] for label, count in enumerate(taken)]
    order: NDArray[np.intp] = rng.permutation(np.concatenate(drawn))
    return order
