"""Previews in memory."""

import numpy as np

from backend.pipeline.previews import PreviewCache, shrink


def test_that_a_preview_keeps_the_proportions_and_never_grows():
    image = np.zeros((600, 800, 3), np.uint8)
    assert shrink(image, 400).shape == (300, 400, 3)
    assert shrink(image, 401).shape == (600, 800, 3)
    assert shrink(image[:60, :80], 400).shape == (60, 80, 3)
    assert shrink(np.zeros((3, 9000, 3), np.uint8), 400).shape == (1, 410, 3)


def test_that_the_cache_is_bounded_in_bytes_and_forgets_the_least_used():
    cache = PreviewCache(max_bytes=3 * 300)
    picture = np.zeros((10, 10, 3), np.uint8)
    for plot_id in (1, 2, 3):
        cache.put(plot_id, picture)
    assert cache.get(1) is not None
    cache.put(4, picture)
    assert cache.get(2) is None
    assert cache.get(1) is not None


def test_that_a_replaced_preview_is_not_counted_twice():
    cache = PreviewCache(max_bytes=600)
    picture = np.zeros((10, 10, 3), np.uint8)
    for _ in range(5):
        cache.put(1, picture)
    cache.put(2, picture)
    assert cache.get(1) is not None
    assert cache.get(2) is not None
