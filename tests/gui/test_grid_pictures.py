"""Whole tiles are painted once for each look, and kept within a budget."""

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage

from tests.fakes.tiles import make_tile
from ui.grid.pictures import Sight, TilePictures
from ui.grid.roles import Body

SIZE = QSize(100, 80)
PICTURE = 100 * 80 * 4


def sight(tile, body=None, hovered=False, waiting=False, width_of_age=24):
    return Sight(tile, body, SIZE, hovered, waiting, width_of_age)


def body():
    return Body(QImage(SIZE, QImage.Format.Format_RGB32), 1)


@pytest.fixture
def painted(qapp):
    return []


def test_that_what_looks_the_same_is_painted_once(painted):
    pictures, tile, shown = TilePictures("#ffffff", 1.0), make_tile(), body()
    first = pictures.get(sight(tile, shown), painted.append)
    assert pictures.get(sight(tile, Body(shown.image, 1)), painted.append) is first
    assert len(painted) == 1


def test_that_whatever_looks_different_is_painted_anew(painted):
    pictures, tile, shown = TilePictures("#ffffff", 1.0), make_tile(), body()
    looks = [
        sight(tile), sight(tile, shown), sight(tile, body()), sight(tile, Body(shown.image, 1, late=True)),
        sight(tile, "cannot be shown"), sight(tile, hovered=True), sight(tile, waiting=True),
        sight(tile, width_of_age=32), sight(make_tile()),
    ]  # fmt: skip
    for look in looks:
        pictures.get(look, painted.append)
    assert len(painted) == len(looks)
    pictures.clear()
    assert pictures.size == 0


def test_that_the_pictures_used_last_stay_within_the_budget_bodies_included(painted):
    pictures = TilePictures("#ffffff", 1.0, budget=4 * PICTURE)
    tiles, shown = [make_tile(f"t{number}") for number in range(3)], [body() for _ in range(3)]
    for tile, image in zip(tiles, shown, strict=True):
        pictures.get(sight(tile, image), painted.append)
    assert pictures.size == 4 * PICTURE
    pictures.get(sight(tiles[2], shown[2]), painted.append)
    assert len(painted) == 3
    pictures.get(sight(tiles[0], shown[0]), painted.append)
    assert len(painted) == 4
