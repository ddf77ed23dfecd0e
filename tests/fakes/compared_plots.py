"""Plots with embeddings whose answer is known: clouds around the middles of classes, one after the other in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from backend.domain.plots import Plot
from backend.store import Store
from tests.samples import OWNER, commit, judged, new_plot, put_in_force

KIND = "CDC_occupancy"
A_RUN = 6


def add_compared(
    store: Store, count: int, classes: int = 2, first: int = 0, width: float = 0.3
) -> tuple[list[Plot], np.ndarray]:
    """Take `count` plots in, each judged by the model in force with an embedding near the middle of its class.

    Returns the plots and their classes from 0; what is made follows from `first` alone.
    """
    rng = np.random.default_rng(7)
    middles = rng.standard_normal((classes, 32))
    rng = np.random.default_rng(100 + first)
    truth = rng.integers(0, classes, count)
    vectors = middles[truth] + width * rng.standard_normal((count, 32))
    new = [new_plot(first + n, KIND, run=100 + (first + n) // A_RUN, chunk=n % A_RUN) for n in range(count)]
    plots = [item.plot for item in commit(store, new)]
    judge_compared(store, plots, vectors)
    return plots, truth


def judge_compared(store: Store, plots: Sequence[Plot], vectors: np.ndarray) -> None:
    """Have the model in force judge them harmless, with these embeddings."""
    model = store.models.in_force().get(KIND) or put_in_force(store)
    outcomes = [judged(plot, model, bad=0.1) for plot in plots]
    outcomes = [
        replace(one, prediction=replace(one.prediction, embedding=vector.astype(np.float16)))
        for one, vector in zip(outcomes, vectors, strict=True)
    ]
    store.verdicts.record(outcomes, OWNER)
