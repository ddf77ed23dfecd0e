"""How good a model is: confusion, precision and recall, calibration, thresholds. NumPy only, pure functions.

Throughout, `logits` and `probabilities` are float of shape (N, labels) and `truth` int of shape (N,), N ≥ 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]

CALIBRATION_BINS = 15
NO_EVIDENCE_THRESHOLD = 0.5
_THRESHOLDS = np.round(np.arange(0, 1.005, 0.01), 2)
_TEMPERATURE_LIMITS = (0.25, 16.0)
_PRIOR_WIDTH = 0.5
_GOLDEN = (np.sqrt(5) - 1) / 2


@dataclass(frozen=True, slots=True)
class LabelScore:
    """Of one label: `precision`, `recall` and `f1` from 0 to 1, None where nothing was there to count."""

    label: str
    precision: float | None
    recall: float | None
    f1: float | None
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """A model on images it did not learn from. `confusion[i, j]`: label i was called j; errors from 0 to 1."""

    labels: tuple[str, ...]
    confusion: NDArray[np.int64]
    scores: tuple[LabelScore, ...]
    accuracy: float
    balanced_accuracy: float
    calibration_error: float
    loss: float


def evaluate(probabilities: Floats, truth: Ints, labels: tuple[str, ...]) -> Evaluation:
    """Everything at once."""
    confusion = confusion_matrix(probabilities.argmax(1), truth, len(labels))
    return Evaluation(
        labels,
        confusion,
        label_scores(confusion, labels),
        float(np.trace(confusion) / confusion.sum()),
        balanced_accuracy(confusion),
        calibration_error(probabilities, truth),
        log_loss(probabilities, truth),
    )


def softmax(logits: Floats, temperature: float = 1.0) -> NDArray[np.float64]:
    """Probabilities of shape (N, labels)."""
    scaled = logits.astype(np.float64) / temperature
    exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    probabilities: NDArray[np.float64] = exponentials / exponentials.sum(axis=1, keepdims=True)
    return probabilities


def confusion_matrix(called: Ints, truth: Ints, labels: int) -> NDArray[np.int64]:
    """Counts of shape (labels, labels): rows the truth, columns what it was called."""
    matrix = np.zeros((labels, labels), np.int64)
    np.add.at(matrix, (truth, called), 1)
    return matrix


def label_scores(confusion: NDArray[np.int64], labels: tuple[str, ...]) -> tuple[LabelScore, ...]:
    """Precision, recall and F1 of each label."""
    scores = []
    for index, label in enumerate(labels):
        hits, called, there = confusion[index, index], confusion[:, index].sum(), confusion[index].sum()
        f1 = _ratio(2 * hits, called + there)
        scores.append(LabelScore(label, _ratio(hits, called), _ratio(hits, there), f1, int(there)))
    return tuple(scores)


def _ratio(part: np.int64, whole: np.int64) -> float | None:
    return float(part / whole) if whole else None


def balanced_accuracy(confusion: NDArray[np.int64]) -> float:
    """Mean recall of the labels that occur."""
    there = confusion.sum(axis=1)
    return float((np.diag(confusion)[there > 0] / there[there > 0]).mean())


def log_loss(probabilities: Floats, truth: Ints) -> float:
    """Mean of -ln of the probability given to the truth."""
    return float(-np.log(np.maximum(probabilities[np.arange(len(truth)), truth], 1e-12)).mean())


def calibration_error(probabilities: Floats, truth: Ints, bins: int = CALIBRATION_BINS) -> float:
    """Expected calibration error: mean gap between confidence and accuracy, over equal bins of confidence."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(float(confidence[place == b].sum() - right[place == b].sum())) for b in range(bins)]
    return sum(gaps) / len(truth)


def fit_temperature(logits: Floats, truth: Ints) -> float:
    """The temperature that makes the probabilities fit the truth best.

    Maximum a posteriori with a log-normal prior around 1: a handful of images, or images that are all right, would
    otherwise drive it to an extreme for which there is no evidence.
    """

    def cost(log_temperature: float) -> float:
        likelihood = len(truth) * log_loss(softmax(logits, float(np.exp(log_temperature))), truth)
        return likelihood + log_temperature**2 / (2 * _PRIOR_WIDTH**2)

    low, high = (float(np.log(limit)) for limit in _TEMPERATURE_LIMITS)
    while high - low > 1e-4:
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        low, high = (low, right) if cost(left) < cost(right) else (left, high)
    return float(np.exp((low + high) / 2))


def best_threshold(scores: Floats, positive: NDArray[np.bool_]) -> float:
    """The threshold on `scores` (N,), 0 to 1 in steps of 0.01, with the best F1 for `positive` (N,).

    Of thresholds that are equally good the middle of their longest stretch, as far from either mistake as can be.
    Without a single positive example there is no evidence: `NO_EVIDENCE_THRESHOLD`.
    """
    if not positive.any():
        return NO_EVIDENCE_THRESHOLD
    called = scores[None, :] >= _THRESHOLDS[:, None]
    f1 = 2 * (called & positive).sum(axis=1) / (called.sum(axis=1) + positive.sum())
    best = np.flatnonzero(f1 >= f1.max() - 1e-12)
    stretches = np.split(best, np.flatnonzero(np.diff(best) > 1) + 1)
    longest = max(stretches, key=len)
    return float(_THRESHOLDS[longest[(len(longest) - 1) // 2]])


def best_thresholds(probabilities: Floats, truth: Ints) -> tuple[float, ...]:
    """`best_threshold` of each label against all others."""
    return tuple(best_threshold(column, truth == index) for index, column in enumerate(probabilities.T))
