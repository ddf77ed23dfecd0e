"""Neighbours, novelty and orders without near-duplicates, on vectors whose answer is known."""

import time

import numpy as np
import pytest

from backend.insight.neighbours import nearest, novelty, spread
from backend.insight.projection import principal
from backend.insight.space import Space
from tests.fakes.machine import slowness


def space_of(vectors) -> Space:
    vectors = np.asarray(vectors, np.float32)
    return Space.of(range(100, 100 + len(vectors)), [1] * len(vectors), vectors)


def circle(degrees) -> Space:
    angle = np.radians(np.asarray(degrees, float))
    return space_of(np.column_stack([np.cos(angle), np.sin(angle)]))


def test_that_the_nearest_come_first_and_the_plot_itself_before_them():
    space = circle([0, 90, 10, 3, 180])
    rows, distances = nearest(space, 0, np.arange(5), 3)
    assert rows.tolist() == [0, 3, 2]
    assert distances == pytest.approx([0, 1 - np.cos(np.radians(3)), 1 - np.cos(np.radians(10))], abs=1e-6)


def test_that_only_the_rows_allowed_are_found():
    rows, _ = nearest(circle([0, 90, 10, 3, 180]), 0, np.array([1, 2, 4]), 2)
    assert rows.tolist() == [2, 1]


def test_that_the_most_novel_is_farthest_from_all_labels():
    space = circle([0, 5, 90, 40])
    assert novelty(space, np.array([1, 2, 3]), np.array([0])).argsort()[::-1].tolist() == [1, 2, 0]


def test_that_near_duplicates_leave_the_head_of_an_order_and_nothing_is_lost():
    space = circle([0, 0.01, 0.02, 0.03, 60, 120, 180, 240, 300])
    order = spread(space, np.arange(9), places=6)
    assert order.tolist() == [0, 4, 5, 6, 7, 8, 1, 2, 3]


def test_that_vectors_that_are_no_numbers_hurt_nobody():
    space = space_of([[np.nan, np.inf], [1, 0], [0, 0]])
    rows, distances = nearest(space, 1, np.arange(3), 3)
    assert rows[0] == 1
    assert np.isfinite(distances).all()


def test_that_a_space_grows_by_what_is_new_only():
    first, more = space_of([[1, 0], [0, 1]]), Space.of([101, 102], [7, 7], np.array([[9, 9], [1, 1]], np.float32))
    both = first.with_more(more)
    assert both.plot_ids.tolist() == [100, 101, 102]
    assert both.vectors[1].tolist() == [0, 1]
    assert both.rows_of([102, 5, 100]).tolist() == [2, 0]


def test_that_principal_components_are_those_of_the_covariance():
    rng = np.random.default_rng(3)
    vectors = (rng.standard_normal((400, 6)) * [5, 3, 1, 0.5, 0.2, 0.1]).astype(np.float32)
    flat = principal(vectors, 2)
    assert flat.var(axis=0) == pytest.approx(np.sort(np.linalg.eigvalsh(np.cov(vectors.T)))[::-1][:2], rel=0.02)


def test_that_a_space_of_one_plot_or_none_has_a_map():
    assert principal(np.zeros((0, 4), np.float32), 2).shape == (0, 2)
    assert principal(np.ones((1, 4), np.float32), 2).tolist() == [[0, 0]]


@pytest.mark.timed
def test_that_100_of_100_000_are_found_within_300_ms():
    vectors = np.random.default_rng(0).standard_normal((100_000, 128)).astype(np.float32)
    space = Space.of(range(100_000), np.zeros(100_000, int), vectors)
    start = time.perf_counter()
    rows, _ = nearest(space, 5, np.arange(100_000), 100)
    assert time.perf_counter() - start < 0.3 * slowness()
    assert rows[0] == 5
