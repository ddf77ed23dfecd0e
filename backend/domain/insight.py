"""What embeddings and histories tell of a plot type, as a window is given it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SIMILAR_COUNT = 100
"""Plots that are listed as similar to one."""

LARGEST_MAP = 20_000
"""Points of a map; beyond that it shows the labelled plots first and a random choice of the others."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """`pairs` of labels of which `same` agree. `kappa` is Cohen's, -1 to 1, with the 95 % interval `low` to `high`.

    `kappa` is None where it says nothing: no pairs, or one of the two used one class only, so that chance decides.
    """

    pairs: int
    same: int
    kappa: float | None = None
    low: float = 0.0
    high: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingMap:
    """Plots of a type in two dimensions: near each other where the model sees the same in them.

    `plot_ids` int64 (n,), `places` float32 (n, 2); `labels` and `guesses` classes by point, "" for none. `left_out`
    plots have no place, because the model has not judged them or the map is full.
    """

    plot_type: str
    plot_ids: NDArray[np.int64]
    places: NDArray[np.float32]
    labels: tuple[str, ...]
    guesses: tuple[str, ...]
    left_out: int = 0
