"""Composed images: on demand, newest first, within a budget, never on the window's thread."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QImage

from backend.domain.errors import HydraError
from hydra_gui.composing import compose_pool
from hydra_gui.composing.byte_lru import ByteLru
from hydra_gui.composing.compose_pool import BodyKey, ComposePool, Look
from hydra_gui.live.tile_images import TileImages
from tests.fakes.engine import FakeEngine, plain_preview
from tests.fakes.tiles import make_tile
from ui.grid.composer import BodySpec
from ui.grid.roles import Body

SPEC = BodySpec(120, 90, 1.0, "#FFFFFF")
BARE = Look("grid", SPEC, 0.0, both_at=0.6)
HEATED = Look("grid", SPEC, 0.6, both_at=0.6)


@pytest.fixture
def engine():
    made = FakeEngine()
    yield made
    made.close()


@pytest.fixture
def images(qtbot, engine):
    made = TileImages(engine, threads=1)
    yield made
    made.close()


def test_that_a_body_is_composed_off_the_windows_thread_and_announced(qtbot, engine, images):
    drawn_on = []

    def draw(plot_id):
        drawn_on.append(threading.current_thread())
        return plain_preview(plot_id)

    engine._draw = draw
    tile = make_tile("a", plot_id=3)
    with qtbot.waitSignal(images.bodies_ready, timeout=30_000) as ready:
        assert images.of(tile, BARE) is None
    assert ready.args == [frozenset({"a"})]
    body = images.of(tile, BARE)
    assert body.plot_id == 3
    assert not body.late
    assert threading.current_thread() not in drawn_on
    assert len(drawn_on) == 1


def test_that_what_is_not_in_memory_is_loaded(qtbot, engine, images):
    engine.cached = False
    tile = make_tile("a", plot_id=3)
    with qtbot.waitSignal(images.bodies_ready, timeout=30_000):
        images.of(tile, BARE)
    assert engine.loaded == [3]
    assert isinstance(images.of(tile, BARE), Body)


def test_that_heat_maps_switch_without_composing_anew(qtbot, images):
    tile = make_tile("a", plot_id=3)
    with qtbot.waitSignal(images.bodies_ready, timeout=30_000):
        images.of(tile, BARE)
    heated = images.of(tile, HEATED)
    assert isinstance(heated, Body)
    assert heated.image != images.of(tile, BARE).image


def test_that_a_tile_without_heat_map_needs_no_second_body(qtbot, images):
    tile = replace(make_tile("a", plot_id=3), heat_map=None)
    with qtbot.waitSignal(images.bodies_ready, timeout=30_000):
        images.of(tile, HEATED)
    assert images.of(tile, HEATED).image.cacheKey() == images.of(tile, BARE).image.cacheKey()


def test_that_the_former_image_stands_in_and_is_marked_when_the_new_one_is_late(qtbot, engine, images):
    old, new = make_tile("a", plot_id=1), make_tile("a", plot_id=2)
    with qtbot.waitSignal(images.bodies_ready, timeout=30_000):
        images.of(old, BARE)
    images.of(old, BARE)
    gate = threading.Event()
    engine._draw = lambda plot_id: (gate.wait(10), plain_preview(plot_id))[1]
    standing_in = images.of(new, BARE)
    assert (standing_in.plot_id, standing_in.late) == (1, False)
    qtbot.waitUntil(lambda: images.of(new, BARE).late, timeout=60_000)
    with qtbot.waitSignal(images.bodies_ready, timeout=30_000):
        gate.set()
    assert images.of(new, BARE).plot_id == 2


def test_that_an_image_that_cannot_be_had_says_why_and_is_not_asked_for_in_a_loop(qtbot, engine, images):
    def refuse(plot_id):
        raise HydraError("The image of this plot has expired.")

    engine._draw = refuse
    tile = make_tile("a", plot_id=1)
    with qtbot.waitSignal(images.bodies_ready, timeout=30_000):
        images.of(tile, BARE)
    assert images.of(tile, BARE) == "The image of this plot has expired."
    assert images.of(tile, HEATED) == "The image of this plot has expired."


def test_that_a_defect_in_one_image_is_logged_and_others_are_composed(qtbot, engine, images, caplog):
    engine._draw = lambda plot_id: np.zeros((0, 0), np.uint8) if plot_id == 1 else plain_preview(plot_id)
    with qtbot.waitSignal(images.bodies_ready, timeout=30_000):
        images.of(make_tile("a", plot_id=1), BARE)
    assert "cannot be shown" in images.of(make_tile("a", plot_id=1), BARE)
    assert "cannot be composed" in caplog.text
    with qtbot.waitSignal(images.bodies_ready, timeout=30_000):
        images.of(make_tile("b", plot_id=2), BARE)
    assert isinstance(images.of(make_tile("b", plot_id=2), BARE), Body)


def ask_for(pool, n, place=None):
    tile = make_tile(place or f"t{n}", plot_id=n)
    return pool.ask(BodyKey(n, SPEC, 0.0), tile.plot_type.name, tile.plot, Look("grid", SPEC, 0.0), tile.heat_map)


def test_that_the_newest_request_is_served_first_and_stale_ones_are_given_up(engine, monkeypatch):
    gate, served = threading.Event(), []
    engine._draw = lambda plot_id: (gate.wait(10), plain_preview(plot_id))[1]
    pool = ComposePool(engine, served.extend, threads=1)

    ask_for(pool, 0)
    deadline = time.monotonic() + 30
    while pool._requests and time.monotonic() < deadline:
        time.sleep(0.001)
    for n in (1, 2, 3):
        ask_for(pool, n)
    pool._requests["grid", "t1"] = replace(pool._requests["grid", "t1"], asked_at=time.monotonic() - 5)
    gate.set()
    while len(served) < 4 and time.monotonic() < deadline:
        time.sleep(0.001)
    pool.close()
    assert [composed.key.plot_id for composed in served] == [0, 3, 2, 1]
    assert [composed.image is None for composed in served] == [False, False, False, True]


def test_that_a_request_given_up_is_made_again_when_its_tile_is_still_painted(qtbot, images, monkeypatch):
    monkeypatch.setattr(compose_pool, "STALE_S", -1.0)
    tile = make_tile("a", plot_id=1)
    with qtbot.waitSignal(images.bodies_ready, timeout=30_000):
        images.of(tile, BARE)
    monkeypatch.setattr(compose_pool, "STALE_S", 5.0)
    with qtbot.waitSignal(images.bodies_ready, timeout=30_000):
        assert images.of(tile, BARE) is None
    assert isinstance(images.of(tile, BARE), Body)


def test_that_a_newer_plot_makes_the_request_for_the_older_one_superfluous(engine):
    gate, served = threading.Event(), []
    engine._draw = lambda plot_id: (gate.wait(10), plain_preview(plot_id))[1]
    pool = ComposePool(engine, served.extend, threads=1)
    overtaken = [ask_for(pool, n, f"t{n % 2}") for n in range(40)]
    deadline = time.monotonic() + 30
    gate.set()
    while not {38, 39} <= {one.key.plot_id for one in tuple(served)} and time.monotonic() < deadline:
        time.sleep(0.001)
    pool.close()
    composed = {one.key.plot_id for one in served if one.image is not None}
    assert {38, 39} <= composed
    assert len(composed) <= 3
    assert len([key for key in overtaken if key is not None]) >= 37


def test_that_more_requests_than_the_queue_holds_push_out_the_oldest(engine):
    gate, served = threading.Event(), []
    engine._draw = lambda plot_id: (gate.wait(10), plain_preview(plot_id))[1]
    pool = ComposePool(engine, served.extend, threads=1)
    for n in range(600):
        ask_for(pool, n)
    pushed_out = [composed.key.plot_id for composed in served]
    gate.set()
    pool.close()
    assert 80 <= len(pushed_out) <= 90
    assert pushed_out == sorted(pushed_out)


def test_that_the_cache_keeps_its_budget_and_what_was_used_last():
    cache = ByteLru(3 * 40 * 40 * 4)
    for n in range(3):
        cache.put(n, QImage(40, 40, QImage.Format.Format_RGB32))
    assert cache.get(0) is not None
    cache.put(3, QImage(40, 40, QImage.Format.Format_RGB32))
    assert cache.get(1) is None
    assert [cache.get(n) is not None for n in (0, 2, 3)] == [True, True, True]
    assert cache.size == 3 * 40 * 40 * 4
    cache.put(9, QImage(500, 500, QImage.Format.Format_RGB32))
    assert len(cache) == 1
    cache.put(9, QImage(10, 10, QImage.Format.Format_RGB32))
    assert cache.size == 400


def test_that_bodies_of_thousands_of_tiles_stay_within_the_budget(qtbot, engine):
    budget = 40 * 120 * 90 * 4
    images = TileImages(engine, budget=budget, threads=2)
    try:
        for n in range(200):
            images.of(make_tile(f"t{n}", plot_id=n), BARE)
        qtbot.waitUntil(lambda: not images._asked, timeout=60_000)
        assert 0 < images.size <= budget
    finally:
        images.close()
