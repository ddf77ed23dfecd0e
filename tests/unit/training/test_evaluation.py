"""Figures of merit, against values worked out by hand or by scikit-learn."""

import numpy as np
import pytest

from backend.training.evaluation import (
    NO_EVIDENCE_THRESHOLD,
    best_threshold,
    best_thresholds,
    calibration_error,
    confusion_matrix,
    evaluate,
    fit_temperature,
    log_loss,
    softmax,
)


def some(seed=0, count=400, labels=3, scale=2.0):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, labels, count)
    logits = rng.normal(0, 1, (count, labels))
    logits[np.arange(count), truth] += 1.5
    return logits * scale, truth


def test_that_rows_are_the_truth_and_columns_the_call():
    assert confusion_matrix(np.array([1, 1, 0]), np.array([0, 1, 0]), 2).tolist() == [[1, 1], [0, 1]]


def test_that_scores_agree_with_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    logits, truth = some()
    called = logits.argmax(1)
    found = evaluate(softmax(logits), truth, ("a", "b", "c"))
    assert found.confusion.tolist() == metrics.confusion_matrix(truth, called).tolist()
    precision, recall, f1, support = metrics.precision_recall_fscore_support(truth, called)
    for index, score in enumerate(found.scores):
        assert score.precision == pytest.approx(precision[index])
        assert score.recall == pytest.approx(recall[index])
        assert score.f1 == pytest.approx(f1[index])
        assert score.count == support[index]
    assert found.accuracy == pytest.approx(metrics.accuracy_score(truth, called))
    assert found.balanced_accuracy == pytest.approx(metrics.balanced_accuracy_score(truth, called))
    assert found.loss == pytest.approx(metrics.log_loss(truth, softmax(logits)))


def test_that_a_label_that_never_occurs_has_no_recall_and_does_not_count():
    probabilities = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1]])
    found = evaluate(probabilities, np.array([0, 1]), ("a", "b", "c"))
    assert found.scores[2].recall is None
    assert found.scores[2].precision is None
    assert found.balanced_accuracy == 1


def test_that_calibration_error_is_the_gap_of_confidence_and_accuracy():
    probabilities = np.tile([0.9, 0.1], (10, 1))
    truth = np.array([0] * 6 + [1] * 4)
    assert calibration_error(probabilities, truth) == pytest.approx(0.3)
    assert calibration_error(np.array([[1.0, 0.0]] * 4), np.zeros(4, int)) == 0


@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_that_the_temperature_undoes_over_and_under_confidence(factor):
    rng = np.random.default_rng(1)
    honest = rng.normal(0, 2, (4000, 3))
    truth = np.array([rng.choice(3, p=p) for p in softmax(honest)])
    assert fit_temperature(honest * factor, truth) == pytest.approx(factor, rel=0.08)


def test_that_the_temperature_lowers_loss_and_calibration_error():
    logits, truth = some(scale=6.0)
    temperature = fit_temperature(logits, truth)
    assert temperature > 1
    assert log_loss(softmax(logits, temperature), truth) < log_loss(softmax(logits), truth)
    assert calibration_error(softmax(logits, temperature), truth) < calibration_error(softmax(logits), truth)


def test_that_a_few_images_all_right_do_not_drive_the_temperature_to_an_extreme():
    logits = np.eye(2)[[0, 1, 0, 1, 0, 1]] * 3.0
    assert 0.4 < fit_temperature(logits, np.array([0, 1, 0, 1, 0, 1])) < 1


def test_that_the_threshold_is_in_the_middle_between_wrong_and_right():
    scores = np.array([0.1, 0.2, 0.9, 0.8])
    assert best_threshold(scores, np.array([False, False, True, True])) == pytest.approx(0.5, abs=0.011)


def test_that_no_threshold_has_a_better_f1():
    rng = np.random.default_rng(5)
    for _ in range(20):
        positive = rng.random(80) < 0.3
        scores = np.clip(rng.normal(0.35 + 0.3 * positive, 0.2), 0, 1)
        found = best_threshold(scores, positive)

        def f1(threshold, scores=scores, positive=positive):
            called = scores >= threshold
            return 2 * (called & positive).sum() / (called.sum() + positive.sum())

        assert f1(found) == pytest.approx(max(f1(t) for t in np.round(np.arange(0, 1.005, 0.01), 2)))


def test_that_a_label_without_examples_gets_the_neutral_threshold():
    probabilities = np.array([[0.9, 0.1], [0.7, 0.3]])
    assert best_thresholds(probabilities, np.array([0, 0]))[1] == NO_EVIDENCE_THRESHOLD


def test_that_softmax_of_huge_logits_is_finite():
    assert softmax(np.array([[1e5, -1e5, 0.0]])).tolist() == [[1.0, 0.0, 0.0]]
