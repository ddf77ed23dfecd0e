"""A heat map points at a fault when all that is strongest in it lies there."""

import numpy as np
import pytest

from backend.domain.predictions import HeatMap
from backend.inference.runtime import Runtime
from backend.simulation.sampling import LARGEST_LOCAL, local_faults
from backend.training.pointing import pointing, points_at
from tests.fakes.bundles import make_bundle

REGION = (0.25, 0.5, 0.5, 0.75)
"""Columns 8 to 15 and rows 12 to 17 of a map of 24 x 32."""


def lit(*places: tuple[int, int]) -> HeatMap:
    values = np.full((24, 32), 40, np.uint8)
    for row, column in places:
        values[row, column] = 255
    return HeatMap(values)


@pytest.mark.parametrize("place", [(12, 8), (17, 15), (11, 7), (18, 16)])
def test_that_a_place_on_the_fault_or_beside_it_is_pointed_at(place):
    assert points_at(lit(place), REGION)


@pytest.mark.parametrize("place", [(10, 8), (12, 6), (19, 15), (17, 17), (0, 0)])
def test_that_a_place_further_away_is_not(place):
    assert not points_at(lit(place), REGION)


def test_that_one_of_several_strongest_places_elsewhere_is_enough_to_miss():
    assert points_at(lit((12, 8), (15, 12)), REGION)
    assert not points_at(lit((12, 8), (0, 31)), REGION)


def test_that_an_empty_map_points_at_nothing():
    assert not points_at(HeatMap(np.zeros((24, 32), np.uint8)), (0.0, 0.0, 1.0, 1.0))


def test_that_only_plots_with_the_right_verdict_count(tmp_path):
    plots = list(local_faults("TOF_bars", 3, 12))
    hot = sum(plot.label == "HotChannel" for plot in plots)
    assert 0 < hot < len(plots)
    model = Runtime("CPU", 1, tmp_path / "cache").load(make_bundle(tmp_path / "bright", labels=("HotChannel", "Bad")))
    found = pointing(model, plots, 40)  # to this model every plot, being bright, has a hot channel
    assert found.count == hot
    assert 0 <= found.on_fault <= hot
    assert pointing(model, plots, 1).count == 1


def test_that_local_faults_have_a_place_and_come_again():
    names = ("TOF_bars", "CDC_occupancy")
    plots = {name: list(local_faults(name, 5, 12)) for name in names}
    for name in names:
        assert plots[name]
        again = next(local_faults(name, 5, 12))
        assert np.array_equal(np.asarray(again.image), np.asarray(plots[name][0].image))
        for plot in plots[name]:
            left, top, right, bottom = plot.region
            assert 0 < (right - left) * (bottom - top) <= LARGEST_LOCAL
            assert plot.label != "Good"
