"""Neighbours: what looks like a plot, what looks like nothing that has a label, and what looks alike all along."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend.insight.space import Progress, Rows, Space, Vectors, silent

Distances = NDArray[np.float32]

_PORTION = 2048
_REFERENCES = 4000
"""Labelled plots that novelty is measured from, at most; a random choice of them where there are more."""

_SPREAD = 400
"""So many places at the head of an order are kept free of near-duplicates: what a person gets to see first."""

_POOL = 8
_SAMPLE = 600


def nearest(space: Space, row: int, among: Rows, count: int) -> tuple[Rows, Distances]:
    """The `count` rows among `among` that are nearest to `row`, itself first if it is one of them, and distances."""
    if not len(among):
        return among, np.zeros(0, np.float32)
    everything = len(among) == len(space.plot_ids)
    likeness = (space.vectors if everything else space.vectors[among]) @ space.vectors[row]
    if everything:
        likeness = likeness[among]
    places = np.arange(len(among))
    if count < len(among):
        places = np.argpartition(likeness, -count)[-count:]
    places = places[np.lexsort((among[places], -likeness[places]))]
    return among[places], np.clip(1 - likeness[places], 0, 2).astype(np.float32)


def novelty(space: Space, rows: Rows, known: Rows, progress: Progress = silent, seed: int = 0) -> Distances:
    """How far each of `rows` is from the nearest of the `known` ones; from the middle of all where none is known."""
    if not len(known):
        middle = space.vectors.mean(axis=0, keepdims=True)
        return _farness(space.vectors, rows, middle, progress)
    if len(known) > _REFERENCES:
        known = np.sort(np.random.default_rng(seed).choice(known, _REFERENCES, replace=False))
    return _farness(space.vectors, rows, space.vectors[known], progress)


def _farness(vectors: Vectors, rows: Rows, references: Vectors, progress: Progress) -> Distances:
    found = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), _PORTION):
        progress(start / len(rows))
        part = vectors[rows[start : start + _PORTION]] @ references.T
        found[start : start + _PORTION] = 1 - part.max(axis=1)
    return np.clip(found, 0, 2)


def near_duplicate(space: Space, seed: int = 0) -> float:
    """The distance below which two plots of this space show the same: a twentieth of what plots usually differ by."""
    n = len(space.plot_ids)
    chosen = np.random.default_rng(seed).choice(n, min(n, _SAMPLE), replace=False)
    sample = space.vectors[chosen]
    distances = 1 - sample @ sample.T
    return float(np.median(distances)) / 20


def spread(space: Space, rows: Rows, places: int = _SPREAD) -> Rows:
    """The same rows with the head freed of near-duplicates: what looks like one before it comes after the head."""
    if len(rows) < 3:
        return rows
    limit, pool = near_duplicate(space), rows[: places * _POOL]
    chosen: list[int] = []
    taken = np.zeros(len(pool), np.bool_)
    vectors = space.vectors[pool]
    nearest_chosen = np.full(len(pool), 2.0, np.float32)
    for place in range(len(pool)):
        if len(chosen) == places:
            break
        if nearest_chosen[place] > limit:
            chosen.append(place)
            taken[place] = True
            np.minimum(nearest_chosen, 1 - vectors @ vectors[place], out=nearest_chosen)
    return np.concatenate([pool[chosen], pool[~taken], rows[len(pool) :]])
