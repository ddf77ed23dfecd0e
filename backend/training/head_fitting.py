"""Fitting a head on a frozen backbone: what is usual at every place, then one dense layer. No TensorFlow.

A plot is never compared with statistics that it is part of: it would look more usual than any plot to come, and the
dense layer would learn that difference, which is gone in service. While fitting, each plot of the usual label is
therefore compared with all the others (leave one out); in service, with all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from backend.inference.backbone_manifest import MapSpec
from backend.inference.heads import Head, LoadedBackbone, Usual
from backend.training.balancing import class_weights
from backend.training.datasets import Dataset
from backend.training.evaluation import log_loss, softmax
from backend.training.recipes import Recipe

Floats = NDArray[np.float64]

NEIGHBOURS, FLOOR = 0.1, 1e-4
"""As the backbone was trained: the share of a channel's mean variance that is added at every place, and the least."""

_STRENGTHS = tuple(float(value) for value in np.geomspace(1e-3, 3.0, 8))
_FOLDS = 4
_ITERATIONS = 2000


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Of `count` maps of what is seen: sum and sum of squares, (rows, columns, seen)."""

    count: int
    total: Floats
    squares: Floats

    @classmethod
    def of(cls, maps: Iterable[NDArray[np.floating]], spec: MapSpec) -> Sums:
        """Of all these maps, taken one after the other."""
        count, total, squares = 0, np.zeros(spec.usual_shape), np.zeros(spec.usual_shape)
        for seen in maps:
            count, total, squares = count + 1, total + seen, squares + np.square(seen, dtype=np.float64)
        return cls(count, total, squares)

    def without(self, seen: NDArray[np.floating]) -> Sums:
        """Of all maps but this one, which was among them."""
        return Sums(self.count - 1, self.total - seen, self.squares - np.square(seen, dtype=np.float64))

    def usual(self) -> Usual:
        """What is usual: a place varies as much as its neighbours do on average, and never not at all."""
        mean = self.total / max(self.count, 1)
        variance = smoothed(np.maximum(self.squares / max(self.count, 1) - mean**2, 0.0))
        variance += NEIGHBOURS * variance.mean(axis=(0, 1))
        return Usual(mean.astype(np.float16), (1 / np.sqrt(variance + FLOOR)).astype(np.float16))


def smoothed(values: Floats) -> Floats:
    """The mean over every place and its (at most 8) neighbours, of (rows, columns, channels)."""
    for axis in (0, 1):
        ones = np.ones(values.shape[axis])
        count = np.convolve(ones, np.ones(3), "same")
        padded = np.concatenate(
            [np.zeros_like(values.take([0], axis)), values, np.zeros_like(values.take([0], axis))], axis
        )
        size = values.shape[axis]
        parts = [padded.take(range(start, start + size), axis) for start in range(3)]
        values = sum(parts[1:], parts[0]) / count.reshape([-1 if a == axis else 1 for a in range(values.ndim)])
    return values


@dataclass(frozen=True, slots=True, eq=False)
class FittedHead:
    """A head, the strength of its regularisation (scikit-learn's C), its logits for all images, (N, labels), and the
    mean loss on those it learnt from.
    """

    head: Head
    strength: float
    logits: Floats
    loss: float


class HeadFitter:
    """Fits a head on `backbone` to the training part of `data`; `check` is called for every image and raises to end."""

    def __init__(self, backbone: LoadedBackbone, data: Dataset, recipe: Recipe, check: Callable[[], bool]) -> None:
        self._backbone, self._data, self._recipe, self._check = backbone, data, recipe, check
        self._train = np.flatnonzero(~data.validates)

    @property
    def parameters(self) -> int:
        """Numbers that are learnt: what is usual, and the dense layer."""
        maps, labels = self._backbone.manifest.maps, len(self._data.summary.labels)
        return 2 * int(np.prod(maps.usual_shape)) + (maps.features + 1) * labels

    def run(self) -> FittedHead:
        """Look at every image, then fit."""
        classes = self._data.classes
        usual_rows = self._train[classes[self._train] == _usual_label(classes[self._train])]
        sums = Sums.of((self._seen(row) for row in usual_rows), self._backbone.manifest.maps)
        usual, within = sums.usual(), set(usual_rows.tolist())
        pooled = np.empty((len(classes), self._backbone.manifest.maps.features))
        for row in range(len(classes)):
            own = sums.without(self._seen(row)).usual() if row in within and sums.count > 1 else usual
            pooled[row] = self._pooled(row, own)
        return self._fitted(usual, pooled)

    def _seen(self, row: int) -> NDArray[np.float32]:
        self._check()
        maps = self._backbone.manifest.maps
        nothing = np.zeros(maps.usual_shape, np.float16)
        return self._backbone.run(self._data.images[row], Usual(nothing, nothing)).seen.copy()

    def _pooled(self, row: int, usual: Usual) -> Floats:
        features = self._backbone.run(self._data.images[row], usual).features
        pooled: Floats = features.mean(axis=(0, 1), dtype=np.float64)
        return pooled

    def _fitted(self, usual: Usual, pooled: Floats) -> FittedHead:
        learnt = pooled[self._train]
        centre, deviation = learnt.mean(axis=0), learnt.std(axis=0)
        spread = np.where(deviation > 1e-6, 1 / np.maximum(deviation, 1e-6), 0.0)
        x, y = (learnt - centre) * spread, self._data.classes[self._train]
        weights = self._weights(y)
        strength = _best_strength(x, y, weights, self._data.runs[self._train])
        dense, bias = _dense(_fit(x, y, weights, strength), len(self._data.summary.labels))
        head = Head(usual, *(values.astype(np.float32) for values in (centre, spread, dense, bias)))
        logits = (pooled - centre) * spread @ dense + bias
        return FittedHead(head, strength, logits, log_loss(softmax(logits[self._train]), y))

    def _weights(self, y: NDArray[np.int32]) -> Floats:
        counts = np.bincount(y, minlength=len(self._data.summary.labels))
        by_label = class_weights(counts, self._recipe.balance)
        weights: Floats = by_label[y].astype(np.float64) * self._data.weights[self._train]
        return weights


def _usual_label(classes: NDArray[np.int32]) -> int:
    """The label whose plots say what is usual: the commonest, but the first one if it is half as common.

    Data sets put Good first. In one that was picked to hold as many plots of each label, chance decides which is the
    commonest.
    """
    counts = np.bincount(classes)
    return int(np.flatnonzero(2 * counts >= counts.max())[0])


def _best_strength(x: Floats, y: NDArray[np.int32], weights: Floats, runs: NDArray[np.int64]) -> float:
    """The regularisation whose models predict runs they did not learn from best; the strongest of those as good."""
    groups = np.where(runs > 0, runs, -1 - np.arange(len(runs)))
    folds = min(_FOLDS, len(np.unique(groups)), int(np.bincount(y)[np.unique(y)].min()))
    if folds < 2:
        return _STRENGTHS[len(_STRENGTHS) // 2]
    parts = list(StratifiedGroupKFold(folds, shuffle=True, random_state=0).split(x, y, groups))
    losses = [_held_out_loss(x, y, weights, parts, strength) for strength in _STRENGTHS]
    return _STRENGTHS[int(np.argmin(losses))]


def _held_out_loss(
    x: Floats,
    y: NDArray[np.int32],
    weights: Floats,
    parts: list[tuple[NDArray[np.intp], NDArray[np.intp]]],
    strength: float,
) -> float:
    loss = 0.0
    for learn, judge in parts:
        if len(np.unique(y[learn])) < len(np.unique(y)):
            continue
        model = _fit(x[learn], y[learn], weights[learn], strength)
        probabilities = model.predict_proba(x[judge])
        loss += log_loss(probabilities, np.searchsorted(model.classes_, y[judge])) * len(judge)
    return loss


def _fit(x: Floats, y: NDArray[np.int32], weights: Floats, strength: float) -> LogisticRegression:
    return LogisticRegression(C=strength, max_iter=_ITERATIONS).fit(x, y, weights)


def _dense(model: LogisticRegression, labels: int) -> tuple[Floats, Floats]:
    """Weights (d, labels) and bias (labels,); of two labels scikit-learn has the difference alone."""
    weights, bias = np.zeros((model.coef_.shape[1], labels)), np.full(labels, -20.0)
    if len(model.classes_) == 2:
        coefficients = np.concatenate([-model.coef_, model.coef_]) / 2
        intercepts = np.concatenate([-model.intercept_, model.intercept_]) / 2
    else:
        coefficients, intercepts = model.coef_, model.intercept_
    weights[:, model.classes_], bias[model.classes_] = coefficients.T, intercepts
    return weights, bias
