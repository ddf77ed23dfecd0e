"""Bodies of tiles as pixels."""

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage

from tests.fakes.tiles import make_heat
from ui.grid.composer import PADDING, BodySpec, bare_body, compose_body, with_heat

SPEC = BodySpec(200, 144, 1.0, "#FFFFFF")


def pixels(image: QImage) -> np.ndarray:
    flat = np.frombuffer(image.constBits(), np.uint8)
    return flat.reshape(image.height(), image.bytesPerLine() // 4, 4)[:, : image.width(), 2::-1].copy()


def blue(height: int, width: int) -> np.ndarray:
    preview = np.zeros((height, width, 3), np.uint8)
    preview[:] = (10, 20, 200)
    return preview


@pytest.mark.parametrize(("height", "width"), [(384, 512), (512, 512), (100, 900), (900, 100), (1, 1)])
def test_that_a_plot_keeps_its_shape_in_the_middle(height, width):
    body = pixels(compose_body(blue(height, width), None, SPEC, 0))
    inside = (body == (10, 20, 200)).all(axis=2)
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    shown_height, shown_width = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    assert shown_width == 200 - 2 * PADDING or shown_height == 144 - 2 * PADDING
    assert shown_height == max(1, round(height * min((200 - 2 * PADDING) / width, (144 - 2 * PADDING) / height)))
    assert shown_width == max(1, round(width * min((200 - 2 * PADDING) / width, (144 - 2 * PADDING) / height)))
    assert abs(rows[0] - (143 - rows[-1])) <= 1
    assert abs(columns[0] - (199 - columns[-1])) <= 1
    assert (body[~inside] == 255).all()


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_that_bodies_are_made_for_the_pixels_of_the_screen(ratio):
    image = compose_body(blue(384, 512), make_heat().values, BodySpec(200, 144, ratio, "#FFFFFF"), 0.6)
    assert (image.width(), image.height()) == (round(200 * ratio), round(144 * ratio))
    assert image.deviceIndependentSize().toSize().width() == 200
    assert image.format() == QImage.Format.Format_RGB32


def test_that_white_becomes_the_ground_and_no_edge_shows():
    white = np.full((300, 400, 3), 255, np.uint8)
    body = pixels(compose_body(white, None, BodySpec(200, 144, 1.0, "#ECECEC"), 0))
    assert (body == QColor("#ECECEC").red()).all()


def test_that_the_heat_map_lies_where_the_evidence_is_and_the_bare_body_stays():
    bare = bare_body(np.full((384, 512, 3), 255, np.uint8), SPEC)
    heated = pixels(with_heat(bare, make_heat(at=(0.25, 0.75)).values, SPEC, 0.8)).astype(int)
    changed = np.argwhere((heated < 250).any(axis=2)).mean(axis=0)
    assert changed[0] / 144 == pytest.approx(0.25, abs=0.06)
    assert changed[1] / 200 == pytest.approx(0.75, abs=0.06)
    assert (pixels(with_heat(bare, None, SPEC, 0.8)) == 255).all()
    assert (pixels(with_heat(bare, make_heat().values, SPEC, 0.0)) == 255).all()
