"""Drawings: reproducible, faulty where they say, and different from sound ones beyond chance."""

import hashlib
import itertools
import subprocess
import sys

import numpy as np
import pytest

from backend.simulation.catalogue import CATALOGUE, MODELS
from backend.simulation.conditions import RunConditions
from backend.simulation.drawing import EARLIEST, draw
from backend.simulation.faults import FaultKind

NAMES = [kind.name for kind in CATALOGUE]
PAIRS = [(kind.name, fault) for kind in CATALOGUE for fault in kind.faults]
NOT_ABOUT_DATA = FaultKind.MISSING_AXIS

DIGEST = """
import hashlib, numpy as np
from backend.simulation.drawing import draw
for name, fault in (("CDC_occupancy", "dead_board"), ("LTCC_nphe", None), ("L1_trigger_bits", "swapped_cable")):
    print(hashlib.sha256(draw(name, np.random.default_rng(7), fault=fault).image.tobytes()).hexdigest())
"""


def digest(name, seed, **how):
    return hashlib.sha256(draw(name, np.random.default_rng(seed), **how).image.tobytes()).hexdigest()


@pytest.mark.parametrize("name", NAMES)
def test_that_the_same_seed_draws_the_same_pixels_and_another_seed_others(name):
    assert digest(name, 5) == digest(name, 5)
    assert digest(name, 5) != digest(name, 6)


def test_that_pixels_are_the_same_in_another_process():
    run = [sys.executable, "-c", DIGEST]
    elsewhere = subprocess.run(
        run, capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "1"}
    ).stdout.split()
    here = [digest("CDC_occupancy", 7, fault="dead_board"), digest("LTCC_nphe", 7),
            digest("L1_trigger_bits", 7, fault="swapped_cable")]  # fmt: skip
    assert elsewhere == here


@pytest.mark.parametrize("name", NAMES)
def test_that_sound_plots_are_good_and_say_nothing_of_a_fault(name):
    drawing = draw(name, np.random.default_rng(1))
    assert (drawing.label, drawing.fault, drawing.region, drawing.visibility) == ("Good", None, None, 0.0)
    assert drawing.image.mode == "RGB"
    assert 700 < drawing.image.width < 900


@pytest.mark.parametrize(("name", "fault"), PAIRS)
def test_that_a_strong_fault_is_labelled_visible_and_inside_the_image(name, fault):
    kind = next(kind for kind in CATALOGUE if kind.name == name)
    drawing = draw(name, np.random.default_rng(2), fault=fault, strength=1.0)
    assert drawing.label == kind.label_of(fault) != "Good"
    assert drawing.visibility > 15
    left, top, right, bottom = drawing.region
    assert 0 <= left < right <= 1
    assert 0 <= top < bottom <= 1


@pytest.mark.parametrize(("name", "fault"), PAIRS)
def test_that_cells_outside_the_affected_ones_are_as_before(name, fault):
    run, rng = RunConditions.of(31000), np.random.default_rng(3)
    sound = MODELS[name].rates(run, rng)
    for strength in (0.1, 0.5, 1.0):
        damage = MODELS[name].failures[fault].effect(sound, strength, np.random.default_rng(4))
        assert np.array_equal(damage.rates[~damage.affected], sound[~damage.affected])
        assert damage.rates.min() >= 0
        assert damage.affected.any()


@pytest.mark.parametrize(("name", "fault"), [pair for pair in PAIRS if pair[1] is not NOT_ABOUT_DATA])
def test_that_more_strength_is_not_less_visible(name, fault):
    seen = [
        draw(name, np.random.default_rng(9), fault=fault, strength=strength).visibility
        for strength in (0.1, 0.35, 0.65, 1.0)
    ]
    assert all(stronger >= 0.9 * weaker for weaker, stronger in itertools.pairwise(seen)), seen


@pytest.mark.parametrize("name", NAMES)
def test_that_changed_pixels_lie_in_the_region(name):
    """Without chance and at an unchanged scale, emptying cells changes the picture nowhere else."""
    model, run = MODELS[name], RunConditions.of(31000)
    counts = np.round(model.rates(run, np.random.default_rng(3)))
    affected = np.zeros(counts.shape, bool)
    flat = counts.reshape(len(counts), -1)[0]
    affected.reshape(len(counts), -1)[0, [np.argsort(flat)[int(len(flat) * 0.7)]]] = True
    one, other = paint(model, counts), paint(model, np.where(affected, 0.0, counts))
    changed = np.abs(one - other).max(axis=2) > 0
    (box,) = model.figure.boxes(affected, (800, 600))
    assert changed[box[1] : box[3], box[0] : box[2]].any()
    changed[box[1] : box[3], max(0, box[0] - 3) : box[2] + 3] = False
    changed[50:150, 550:780] = False  # the statistics box counts entries
    assert not changed.any()


def paint(model, counts):
    from PIL import Image

    from backend.simulation.figures import Caption

    image = Image.new("RGB", (800, 600), "white")
    model.figure.paint(image, counts, Caption("title", "name", "foot"), axes=True)
    return np.asarray(image).astype(int)


@pytest.mark.parametrize("name", NAMES)
def test_that_the_first_minutes_of_a_run_are_not_taken_for_no_data(name):
    model, run = MODELS[name], RunConditions.of(20500)
    early = model.growth(model.rates(run, run.generator(name)), EARLIEST)
    empty = model.failures[FaultKind.NO_DATA].effect(early, 0.01, np.random.default_rng(1)).rates
    assert early.sum() > 40 * empty.sum()
    assert draw(name, np.random.default_rng(1), statistics=EARLIEST).label == "Good"


@pytest.mark.parametrize("name", NAMES)
def test_that_runs_differ_without_being_wrong(name):
    model = MODELS[name]
    one, other = (model.rates(run, run.generator(name)) for run in (RunConditions.of(20001), RunConditions.of(20002)))
    assert not np.allclose(one, other)
    assert 0.4 < one.sum() / other.sum() < 2.5


def test_that_a_fault_stays_in_its_place_from_plot_to_plot():
    regions = {
        draw("FDC_cathodes", np.random.default_rng(seed), fault="dead_board", strength=0.8, place=5,
             run=RunConditions.of(777)).region
        for seed in range(4)
    }  # fmt: skip
    assert len(regions) == 1


def test_that_an_invisible_fault_is_made_stronger_until_it_can_be_seen():
    how = {"fault": "hv_trip", "strength": 0.05, "statistics": 0.1, "run": RunConditions.of(500), "place": 1}
    faint = draw("CDC_occupancy", np.random.default_rng(0), **how)
    seen = draw("CDC_occupancy", np.random.default_rng(0), **how, least_visibility=10.0)
    assert faint.visibility < 10 <= seen.visibility
    assert faint.fault.strength == 0.05 < seen.fault.strength < 1


def test_that_missing_labels_change_the_picture_outside_the_frame_only():
    run = RunConditions.of(900)
    how = {"run": run, "strength": 1.0}
    sound = np.asarray(draw("Tagger_energy", np.random.default_rng(1), run=run).image).astype(int)
    faulty = np.asarray(draw("Tagger_energy", np.random.default_rng(1), fault="missing_axis", **how).image).astype(int)
    changed = np.abs(sound - faulty).max(axis=2) > 0
    height, width = changed.shape
    assert changed[:, : int(width * 0.12)].any()
    assert not changed[int(height * 0.2) : int(height * 0.8), int(width * 0.15) : int(width * 0.9)].any()


@pytest.mark.parametrize(
    ("name", "how", "said"),
    [
        ("Nothing_here", {}, "CDC_occupancy"),
        ("TOF_bars", {"fault": "led"}, "dead_board"),
        ("TOF_bars", {"fault": "dead_board", "strength": 0.0}, "strength"),
        ("TOF_bars", {"statistics": 0.0}, "no_data"),
    ],
)
def test_that_what_a_plot_type_does_not_know_is_refused_with_what_it_does(name, how, said):
    with pytest.raises(ValueError, match=said):
        draw(name, np.random.default_rng(0), **how)
