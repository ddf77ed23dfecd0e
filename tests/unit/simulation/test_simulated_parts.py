"""The parts of a picture: ticks, palettes, cell maps, selections, samples."""

import itertools

import numpy as np
import pytest

from backend.simulation.catalogue import plot_type
from backend.simulation.cells import Grid, Masked, Rings, TileRows
from backend.simulation.palettes import NAMES, palette
from backend.simulation.sampling import LEAST_VISIBILITY, samples
from backend.simulation.selections import blocks, board, channels
from backend.simulation.ticks import Axis, ticks


@pytest.mark.parametrize(
    ("axis", "texts"),
    [
        (Axis("", 0, 10), ("0", "2", "4", "6", "8", "10")),
        (Axis("", -2, 2), ("-2", "-1", "0", "1", "2")),
        (Axis("", 0, 0.8), ("0.0", "0.2", "0.4", "0.6", "0.8")),
        (Axis("", 0.5, 2000, log=True), ("1", "10", "10^2", "10^3")),
    ],
)
def test_that_ticks_are_round_numbers_inside_the_axis(axis, texts):
    made = ticks(axis, 5)
    assert made.texts == texts
    assert all(axis.low <= value <= axis.high for value in (*made.majors, *made.minors))


def test_that_large_numbers_are_written_with_a_power_of_ten():
    made = ticks(Axis("", 0, 2.4e6), 5)
    assert made.exponent == 6
    assert made.texts[:3] == ("0.0", "0.5", "1.0")


@pytest.mark.parametrize("name", NAMES)
def test_that_palettes_have_256_distinct_neighbours(name):
    table = palette(name)
    assert table.shape == (256, 3)
    assert np.abs(np.diff(table.astype(int), axis=0)).max() < 20


@pytest.mark.parametrize(
    ("cells", "number"),
    [
        (Grid(20, 30), 600),
        (Rings((40, 60, 80), 0.2, 0.9), 180),
        (Masked(Grid(4, 4), (0, 5, 10, 15)), 4),
        (TileRows((3, 4, 5), 2), 48),
    ],
)
def test_that_every_cell_has_pixels_and_no_pixel_a_cell_that_is_not_there(cells, number):
    shown = cells(400, 380)
    assert shown.shape == (380, 400)
    assert set(np.unique(shown)) - {-1} == set(range(number))


def test_that_a_grid_begins_at_the_bottom_left():
    shown = Grid(2, 2)(10, 10)
    assert (shown[-1, 0], shown[-1, -1], shown[0, 0]) == (0, 1, 2)


@pytest.mark.parametrize("selection", [board(blocks((1, 60), (12,))), channels(9)])
def test_that_a_stronger_selection_holds_the_weaker_one(selection):
    rates = np.random.default_rng(1).uniform(10, 20, (1, 60))
    taken = [selection(rates, strength, np.random.default_rng(2)) for strength in (0.05, 0.3, 0.7, 1.0)]
    assert taken[0].sum() == 1
    assert taken[-1].sum() > taken[0].sum()
    assert all((less <= more).all() for less, more in itertools.pairwise(taken))


def test_that_boards_without_data_are_not_chosen():
    rates = np.zeros((1, 40))
    rates[0, 10:20] = 5.0
    for seed in range(20):
        taken = board(blocks((1, 40), (10,)))(rates, 1.0, np.random.default_rng(seed))
        assert list(np.flatnonzero(taken[0])) == list(range(10, 20))


def test_that_samples_are_mixed_visible_and_independent_of_their_number():
    few, many = list(samples("ST_counters", 3, 5)), list(samples("ST_counters", 3, 200))
    assert [one.image.tobytes() for one in few] == [one.image.tobytes() for one in many[:5]]
    labels = [drawing.label for drawing in many]
    assert set(labels) == set(plot_type("ST_counters").classes)
    assert 0.35 < labels.count("Good") / len(labels) < 0.65
    assert len({drawing.run.run for drawing in many}) > 190
    for drawing in many:
        assert drawing.fault is None or drawing.visibility >= LEAST_VISIBILITY or drawing.fault.strength == 1.0
