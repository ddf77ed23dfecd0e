"""Projection: principal components of a space, to look at it in two dimensions or to learn from it in a few."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend.insight.space import Progress, Vectors, silent

_ROUNDS = 6
_SPARE = 6
_PORTION = 8192


def principal(vectors: Vectors, components: int, progress: Progress = silent, seed: int = 0) -> NDArray[np.float32]:
    """Coordinates along the first principal components, float32 (n, components); columns of 0 where there are fewer.

    By subspace iteration (Halko, Martinsson and Tropp, SIAM Review 53, 2011): never an (d, d) or (n, n) matrix. The
    sign of a component is that of its largest coordinate's, so that the same space always looks the same.
    """
    n, d = vectors.shape
    wanted = min(components, n, d)
    found = np.zeros((n, components), np.float32)
    if wanted == 0:
        return found
    middle = vectors.mean(axis=0)
    basis = np.random.default_rng(seed).standard_normal((d, min(d, wanted + _SPARE))).astype(np.float32)
    basis = np.linalg.qr(basis)[0]
    for round_ in range(_ROUNDS):
        progress(round_ / (_ROUNDS + 1))
        basis = np.linalg.qr(_covariance_times(vectors, middle, basis))[0]
    seen = (vectors - middle) @ basis
    _, axes = np.linalg.eigh(seen.T @ seen)
    flat = seen @ axes[:, ::-1][:, :wanted]
    largest = flat[np.abs(flat).argmax(axis=0), np.arange(wanted)]
    found[:, :wanted] = flat * np.where(largest < 0, -1, 1)
    progress(1.0)
    return found


def _covariance_times(vectors: Vectors, middle: Vectors, basis: Vectors) -> Vectors:
    """(X - m)ᵀ (X - m) B, in portions."""
    total = np.zeros_like(basis)
    for start in range(0, len(vectors), _PORTION):
        part = vectors[start : start + _PORTION] - middle
        total += part.T @ (part @ basis)
    return total
