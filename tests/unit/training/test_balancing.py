"""What an epoch learns from."""

import numpy as np
import pytest

from backend.training.balancing import class_weights, draw_epoch, per_epoch
from backend.training.recipes import Balance


def test_that_a_common_label_is_cut_to_a_multiple_of_the_rest():
    assert per_epoch(np.array([300, 30, 20]), Balance(most_per_rest=2, least=10)).tolist() == [100, 30, 20]


def test_that_very_rare_labels_do_not_starve_an_epoch():
    assert per_epoch(np.array([300, 2]), Balance(most_per_rest=2, least=32)).tolist() == [32, 2]


def test_that_no_more_is_taken_than_there_is():
    assert per_epoch(np.array([5, 4]), Balance()).tolist() == [5, 4]


def test_that_full_weighting_lets_every_label_count_the_same():
    taken = np.array([100, 25, 5])
    total = class_weights(taken, Balance(power=1)) * taken
    assert total == pytest.approx([total[0]] * 3)


def test_that_the_mean_weight_over_an_epoch_is_one_and_absent_labels_have_none():
    taken = np.array([100, 25, 0])
    weights = class_weights(taken, Balance(power=0.75))
    assert (weights * taken).sum() / taken.sum() == pytest.approx(1)
    assert weights[2] == 0
    assert weights[1] > weights[0]


def test_that_an_epoch_holds_what_was_asked_for_each_image_at_most_once():
    classes = np.repeat(np.arange(3, dtype=np.int32), (50, 10, 4))
    drawn = draw_epoch(classes, np.array([20, 10, 4]), np.random.default_rng(0))
    assert len(set(drawn.tolist())) == len(drawn) == 34
    assert np.bincount(classes[drawn]).tolist() == [20, 10, 4]


def test_that_another_epoch_takes_other_images_of_a_label_that_is_cut():
    classes = np.zeros(100, np.int32)
    rng = np.random.default_rng(0)
    one, other = (set(draw_epoch(classes, np.array([20]), rng).tolist()) for _ in range(2))
    assert one != other
