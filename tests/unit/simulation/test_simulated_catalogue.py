"""The catalogue: complete, unambiguous, and multiplied on demand."""

import re

import numpy as np
import pytest

from backend.simulation.catalogue import CATALOGUE, plot_type, plot_types
from backend.simulation.drawing import draw


def test_that_every_plot_type_tells_what_a_shift_crew_needs():
    assert len(CATALOGUE) >= 18
    for kind in CATALOGUE:
        assert kind.group
        assert all((kind.description, kind.guidance, kind.contact))
        assert kind.classes[0] == "Good"
        assert "NoData" in kind.classes
        assert {kind.label_of(fault) for fault in kind.faults} == set(kind.classes[1:])


def test_that_names_survive_a_halls_file_naming():
    for kind in plot_types(12):
        assert re.fullmatch(r"[A-Za-z0-9]+([_-][A-Za-z0-9]+)*", kind.name)
        assert not re.search(r"[-_]\d+$", kind.name)


def test_that_copies_are_look_alikes_under_their_own_names():
    kinds = plot_types(4)
    assert len({kind.name for kind in kinds}) == 4 * len(CATALOGUE)
    assert kinds[: len(CATALOGUE)] == CATALOGUE
    copy = plot_type("Kinematics-PSEnergy-S3")
    assert (copy.like, copy.faults) == ("Kinematics-PSEnergy", plot_type("Kinematics-PSEnergy").faults)


def test_that_a_look_alike_differs_from_its_original_but_not_in_kind():
    one, other = (draw(name, np.random.default_rng(1)).image for name in ("TOF_bars", "TOF_bars-S2"))
    assert one.size == other.size
    assert one.tobytes() != other.tobytes()


def test_that_an_unknown_name_is_refused_with_the_names_there_are():
    with pytest.raises(ValueError, match="SVT_sectors"):
        plot_type("CDC_occupancy-X2")
