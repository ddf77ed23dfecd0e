"""Contradictions: labels that models trained without them do not believe.

Every label is judged by a model that has seen no plot of its run: k folds of whole runs, a softmax regression on the
leading principal components each. Where such a model is sure of another class, the label is likely an error
(Northcutt, Jiang and Chuang, JAIR 70, 2021, call this confident learning).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.insight.projection import principal
from backend.insight.space import Progress, Rows, Vectors, silent

Probabilities = NDArray[np.float64]

FOLDS = 5
LEAST = 20
"""Labels that are needed at least: with fewer there is nothing to contradict them with."""

_COMPONENTS = 32
_PENALTY = 1e-3
_STEPS = 300
_LEAST_EXAMPLES = 3
"""Examples of its class that a fold must be taught before its word about that class counts."""


@dataclass(frozen=True, slots=True, eq=False)
class Contradictions:
    """`rows` of the labels that are contradicted, the surest first; `suggested` class of each, its probability
    `confidence` and that of the label given, `given`. `judged` labels of `total` could be checked."""

    rows: Rows
    suggested: NDArray[np.int64]
    confidence: Probabilities
    given: Probabilities
    judged: int
    total: int


def find_contradictions(
    vectors: Vectors, labels: NDArray[np.int64], runs: Rows, progress: Progress = silent, seed: int = 0
) -> Contradictions:
    """`labels` are numbers from 0, (n,); `vectors` (n, d) and `runs` (n,) belong to them."""
    classes, labels = np.unique(labels, return_inverse=True)
    features = _features(vectors)
    folds = _folds(labels, runs, seed)
    probabilities = np.zeros((len(labels), len(classes)))
    judged = np.zeros(len(labels), np.bool_)
    for fold in range(FOLDS):
        progress(fold / FOLDS)
        mine = folds == fold
        if mine.any() and not mine.all():
            taught = np.bincount(labels[~mine], minlength=len(classes)) >= _LEAST_EXAMPLES
            if taught.sum() >= 2:
                weights = _fit(features[~mine], labels[~mine], len(classes))
                probabilities[mine] = _softmax(features[mine] @ weights) * taught
                judged |= mine & taught[labels]
    return _ranked(probabilities, labels, judged, classes)


def _ranked(
    probabilities: Probabilities, labels: NDArray[np.int64], judged: NDArray[np.bool_], classes: NDArray[np.int64]
) -> Contradictions:
    best = probabilities.argmax(axis=1)
    everyone = np.arange(len(labels))
    sure, given = probabilities[everyone, best], probabilities[everyone, labels]
    rows = np.flatnonzero(judged & (best != labels))
    rows = rows[np.argsort(-(sure - given)[rows], kind="stable")]
    return Contradictions(rows, classes[best[rows]], sure[rows], given[rows], int(judged.sum()), len(labels))


def _features(vectors: Vectors) -> Probabilities:
    """Leading components, each of spread 1 at most, and a column of ones."""
    flat = principal(vectors, min(_COMPONENTS, vectors.shape[1])).astype(np.float64)
    scale = flat.std(axis=0).max(initial=0.0) or 1.0
    return np.column_stack([flat / scale, np.ones(len(flat))])


def _folds(labels: NDArray[np.int64], runs: Rows, seed: int) -> NDArray[np.int64]:
    """Whole runs by lot, each to the fold that has least; single plots where all are of one run."""
    groups, places = np.unique(runs, return_inverse=True)
    if len(groups) < 2:
        groups, places = np.arange(len(runs)), np.arange(len(runs))
    sizes = np.bincount(places)
    fold_of = np.zeros(len(groups), np.int64)
    load = np.zeros(FOLDS)
    for group in np.random.default_rng(seed).permutation(len(groups)):
        fold_of[group] = load.argmin()
        load[fold_of[group]] += sizes[group]
    return fold_of[places]


def _fit(features: Probabilities, labels: NDArray[np.int64], classes: int) -> Probabilities:
    """Softmax regression with a quadratic penalty by accelerated gradients; weights (d, classes)."""
    n = len(features)
    wanted = np.eye(classes)[labels]
    curve = 0.5 * float(np.linalg.eigvalsh(features.T @ features / n)[-1]) + _PENALTY
    weights = ahead = np.zeros((features.shape[1], classes))
    for step in range(_STEPS):
        slope = features.T @ (_softmax(features @ ahead) - wanted) / n + _PENALTY * ahead
        new = ahead - slope / curve
        ahead = new + step / (step + 3) * (new - weights)
        weights = new
    return weights


def _softmax(logits: Probabilities) -> Probabilities:
    grown = np.exp(logits - logits.max(axis=1, keepdims=True))
    scaled: Probabilities = grown / grown.sum(axis=1, keepdims=True)
    return scaled
