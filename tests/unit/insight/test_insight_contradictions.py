"""Likely errors: labels flipped on purpose are found, and those that are right are mostly left alone."""

import numpy as np
import pytest

from backend.insight.agreement import agreement_of
from backend.insight.contradictions import find_contradictions
from backend.insight.space import unit


def clouds(rng, count=2000, classes=3, width=0.5):
    middles = rng.standard_normal((classes, 40))
    truth = rng.integers(0, classes, count)
    return unit(middles[truth] + width * rng.standard_normal((count, 40))), truth, np.arange(count) // 20


def flipped(truth, share, rng, classes=3):
    wrong = rng.choice(len(truth), round(share * len(truth)), replace=False)
    labels = truth.copy()
    labels[wrong] = (labels[wrong] + rng.integers(1, classes, len(wrong))) % classes
    return labels, set(wrong.tolist())


def test_that_most_of_three_percent_of_flipped_labels_are_at_the_top_with_their_right_class():
    rng = np.random.default_rng(1)
    vectors, truth, runs = clouds(rng)
    labels, wrong = flipped(truth, 0.03, rng)
    found = find_contradictions(vectors, labels, runs)
    top = found.rows[: len(wrong)]
    assert len(wrong & set(top.tolist())) >= 0.9 * len(wrong)
    right = [found.suggested[place] == truth[row] for place, row in enumerate(top) if row in wrong]
    assert np.mean(right) > 0.95
    assert (np.diff(found.confidence - found.given) <= 0).all()


def test_that_right_labels_are_not_contradicted():
    vectors, truth, runs = clouds(np.random.default_rng(2), width=0.2)
    assert len(find_contradictions(vectors, truth, runs).rows) == 0


def test_that_a_class_of_one_run_is_not_called_an_error_because_nobody_else_has_it():
    rng = np.random.default_rng(3)
    vectors, truth, runs = clouds(rng, count=600, classes=3)
    runs = np.where(truth == 2, 999, runs)
    found = find_contradictions(vectors, truth, runs)
    assert not (truth[found.rows] == 2).any()
    assert found.judged == int((truth != 2).sum())
    assert found.total == 600


def test_that_whole_runs_are_held_out_so_that_an_error_all_over_a_run_is_found():
    rng = np.random.default_rng(4)
    vectors, truth, runs = clouds(rng, count=800, classes=2, width=0.3)
    labels = np.where(runs == 7, 1 - truth, truth)
    found = find_contradictions(vectors, labels, runs)
    assert set(found.rows.tolist()) == set(np.flatnonzero(runs == 7).tolist())


def test_that_kappa_is_that_of_the_textbook():
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    found = agreement_of(pairs)
    assert (found.pairs, found.same) == (50, 35)
    assert found.kappa == pytest.approx(0.4)
    assert found.low == pytest.approx(0.153, abs=0.01)
    assert found.high == pytest.approx(0.647, abs=0.01)


def test_that_the_interval_of_kappa_holds_the_truth_as_often_as_it_says():
    rng, inside, tries = np.random.default_rng(6), 0, 300
    truth = 1 - 2 * 0.1 * 0.9 / 0.5  # two classes in equal parts, each person errs one time in ten
    for _ in range(tries):
        real = rng.integers(0, 2, 400)
        first, second = (np.where(rng.random(400) < 0.1, 1 - real, real) for _ in range(2))
        found = agreement_of([(str(a), str(b)) for a, b in zip(first, second, strict=True)])
        inside += found.low <= truth <= found.high
    assert 0.91 * tries <= inside <= 0.985 * tries


def test_that_kappa_is_not_defined_for_nothing_and_for_one_class():
    assert agreement_of([]).kappa is None
    assert agreement_of([("y", "y")] * 4 + [("y", "n")] * 2).kappa is None
    assert agreement_of([("y", "y")] * 9).kappa is None
