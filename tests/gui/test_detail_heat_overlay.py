"""The heat map lies where the evidence is, to the pixel, and is seen on any palette."""

import threading
import time

import numpy as np
import pytest
from PySide6.QtGui import QImage

from tests.fakes.machine import slowness
from ui.painting.heat_overlay import heat_overlay


def _channels(image: QImage) -> np.ndarray:
    """(height, width, 4) as blue, green, red, alpha; premultiplied."""
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4).astype(int)


def _hot(rows: int, columns: int, row: int, column: int) -> np.ndarray:
    values = np.zeros((rows, columns), np.uint8)
    values[row, column] = 255
    return values


def _light_line(image: QImage) -> np.ndarray:
    pixels = _channels(image)
    return (pixels.min(axis=2) > 200) & (pixels[..., 3] > 240)


@pytest.mark.parametrize(("rows", "columns"), [(14, 14), (7, 9), (1, 1), (16, 20)])
@pytest.mark.parametrize(("width", "height"), [(240, 180), (241, 179), (800, 600), (3, 2)])
def test_that_the_layer_has_the_size_asked_for(rows, columns, width, height):
    image = heat_overlay(np.full((rows, columns), 200, np.uint8), width, height, 0.7)
    assert (image.width(), image.height()) == (width, height)
    assert image.format() is QImage.Format.Format_ARGB32_Premultiplied


@pytest.mark.parametrize(("row", "column"), [(0, 0), (3, 10), (13, 13), (7, 0)])
def test_that_a_single_sample_lights_up_the_rectangle_of_the_image_it_covers(row, column):
    width, height, cells = 280, 224, 14
    alpha = _channels(heat_overlay(_hot(cells, cells, row, column), width, height, 1.0))[..., 3]
    alpha[_light_line(heat_overlay(_hot(cells, cells, row, column), width, height, 1.0))] = 0
    top, left, tall, wide = row * 16, column * 20, 16, 20
    assert alpha[top + tall // 2, left + wide // 2] > 180
    far = np.ones_like(alpha, bool)
    far[max(0, top - tall) : top + 2 * tall, max(0, left - wide) : left + 2 * wide] = False
    assert not alpha[far].any()


def test_that_a_sharp_edge_puts_the_contour_on_the_very_pixel_of_the_edge():
    values = np.zeros((14, 14), np.uint8)
    values[:, :5] = 255
    line = _light_line(heat_overlay(values, 441, 300, 1.0))
    edge = 5 * 441 / 14  # 157.5: the centre of pixel 157
    for row in range(300):
        columns = np.flatnonzero(line[row])
        assert columns.size
        assert columns.mean() + 0.5 == edge


def test_that_a_peak_between_the_pixels_of_a_tiny_image_is_no_error():
    for row in range(14):
        assert heat_overlay(_hot(14, 14, row, row), 3, 2, 1.0).width() == 3


def test_that_a_mirrored_map_gives_a_mirrored_layer():
    values = np.random.default_rng(4).integers(0, 256, (14, 14)).astype(np.uint8)
    plain = _channels(heat_overlay(values, 241, 180, 0.8))
    mirrored = _channels(heat_overlay(values[:, ::-1], 241, 180, 0.8))
    assert np.abs(plain - mirrored[:, ::-1]).max() <= 2


def test_that_the_contour_shows_on_light_and_dark_ground():
    y, x = np.mgrid[0:14, 0:14]
    values = (255 * np.exp(-((x - 6) ** 2 + (y - 6) ** 2) / 8)).astype(np.uint8)
    layer = _channels(heat_overlay(values, 240, 180, 0.7))
    line = _light_line(heat_overlay(values, 240, 180, 0.7))
    for ground in (0, 255):
        shown = layer[..., :3].max(axis=2) + ground * (255 - layer[..., 3]) // 255
        if ground == 0:
            assert shown[line].min() > 150
        else:
            assert (shown < 130).sum() > line.sum() / 2


@pytest.mark.parametrize("values", [np.zeros((14, 14), np.uint8), np.full((14, 14), 20, np.uint8)])
def test_that_a_map_without_evidence_leaves_the_plot_untouched(values):
    assert not _channels(heat_overlay(values, 240, 180, 1.0)).any()


def test_that_opacity_zero_is_invisible_and_more_is_more():
    values = _hot(14, 14, 6, 6)
    alphas = [_channels(heat_overlay(values, 240, 180, opacity))[..., 3].sum() for opacity in (0.0, 0.3, 0.6, 1.0)]
    assert alphas[0] == 0
    assert alphas == sorted(set(alphas))


def test_that_pixels_are_validly_premultiplied():
    values = np.random.default_rng(1).integers(0, 256, (14, 14)).astype(np.uint8)
    pixels = _channels(heat_overlay(values, 240, 180, 0.55))
    assert (pixels[..., :3].max(axis=2) <= pixels[..., 3] + 1).all()


@pytest.mark.parametrize(("width", "height"), [(0, 10), (10, 0)])
def test_that_an_empty_size_is_refused(width, height):
    with pytest.raises(ValueError, match="cannot cover"):
        heat_overlay(np.zeros((14, 14), np.uint8), width, height, 1.0)


def test_that_it_runs_on_any_thread_with_the_same_result():
    values = np.random.default_rng(2).integers(0, 256, (14, 14)).astype(np.uint8)
    made: list[QImage] = []
    thread = threading.Thread(target=lambda: made.append(heat_overlay(values, 240, 180, 0.7)))
    thread.start()
    thread.join(10)
    assert not thread.is_alive()
    assert made[0] == heat_overlay(values, 240, 180, 0.7)


@pytest.mark.timed
def test_that_a_tile_costs_a_few_milliseconds_at_most():
    values = np.random.default_rng(3).integers(0, 256, (14, 14)).astype(np.uint8)
    heat_overlay(values, 240, 180, 0.7)
    times = []
    for _ in range(15):
        start = time.thread_time()
        heat_overlay(values, 240, 180, 0.7)
        times.append(time.thread_time() - start)
    assert min(times) < 0.006 * slowness()
