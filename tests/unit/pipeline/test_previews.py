"""Previews in memory."""

import numpy as np
from PIL import Image

from backend.pipeline.previews import PreviewCache, shrink


def test_that_a_preview_keeps_the_proportions_and_never_grows():
    picture = Image.new("RGB", (800, 600))
    assert shrink(picture, 400).shape == (300, 400, 3)
    assert shrink(picture, 401).shape == (600, 800, 3)
    assert shrink(picture.crop((0, 0, 80, 60)), 400).shape == (60, 80, 3)
    assert shrink(Image.new("RGB", (9000, 3)), 400).shape == (1, 410, 3)


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
