"""Synthetic faults: each kind does what it says in its region and nothing outside; variants are alike, not equal."""

import numpy as np
import pytest

from backend.domain.synthetic import FaultKind, FaultRecipe
from backend.training.datasets import read_dataset, write_dataset
from backend.training.samples import Sample
from backend.training.synthetic_faults import apply_fault, jittered
from tests.unit.training.test_datasets import SPEC, picture

SQUARE = ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))


def plot() -> np.ndarray:
    """White, a black axis at the left of the region, and a red histogram that fills its lower half."""
    image = np.full((80, 80, 3), 255, np.uint8)
    image[20:60, 20:22] = 0
    image[40:60, 24:60] = (200, 30, 30)
    image[70:78, 10:70] = (30, 30, 200)
    return image


@pytest.mark.parametrize("kind", FaultKind)
def test_that_a_fault_changes_its_region_and_nothing_else(kind: FaultKind):
    image = plot()
    changed = apply_fault(image, FaultRecipe(kind, SQUARE, 0.9, "#123456"))
    differ = (changed != image).any(axis=2)
    assert differ[20:61, 20:61].any()
    differ[20:61, 20:61] = False
    assert not differ.any()


def test_that_dead_is_ground_hot_is_the_end_of_the_palette_and_a_missing_axis_spares_the_data():
    image = plot()
    full = {kind: apply_fault(image, FaultRecipe(kind, SQUARE, 1.0)) for kind in FaultKind}
    assert (full[FaultKind.DEAD][20:60, 20:60] == 255).all()
    assert (full[FaultKind.HOT][30, 50] != image[30, 50]).any()
    assert (full[FaultKind.MISSING_AXIS][20:60, 20:22] == 255).all()
    assert (full[FaultKind.MISSING_AXIS][50, 40] == image[50, 40]).all()


def test_that_scaled_data_is_lower_and_shifted_data_farther_right():
    image = plot()
    scaled = apply_fault(image, FaultRecipe(FaultKind.SCALED, SQUARE, 0.8))
    assert (scaled[45, 40] == 255).all()
    assert (scaled[57, 40] != 255).any()
    shifted = apply_fault(image, FaultRecipe(FaultKind.SHIFTED, SQUARE, 0.8))
    assert (shifted[50, 28] == 255).all()


def test_that_no_strength_is_no_fault_and_the_same_recipe_the_same_image():
    image, noisy = plot(), FaultRecipe(FaultKind.NOISY, SQUARE, 0.7, seed=4)
    assert (apply_fault(image, FaultRecipe(FaultKind.DEAD, SQUARE, 0.0)) == image).all()
    assert (apply_fault(image, noisy) == apply_fault(image, noisy)).all()


def test_that_variants_differ_stay_near_and_inside_and_follow_from_their_seed():
    recipe = FaultRecipe(FaultKind.DEAD, SQUARE, 0.8)
    variants = [jittered(recipe, seed) for seed in range(50)]
    assert len({one.encode() for one in variants}) == 50
    assert jittered(recipe, 7) == variants[7]
    corners = np.array([one.corners for one in variants])
    assert corners.min() >= 0
    assert corners.max() <= 1
    assert np.abs(corners - np.array(SQUARE)).max() < 0.25
    assert all(0.05 <= one.strength <= 1 for one in variants)


def test_that_synthetic_plots_never_validate_and_none_is_made_from_a_run_that_does(tmp_path):
    real = [Sample(picture(n), "Good" if n % 3 else "Bad", 1 + n // 4) for n in range(80)]
    made = [Sample(picture(200 + n), "Bad", 1 + n // 4, synthetic=True) for n in range(80)]
    summary = write_dataset([*real, *made], SPEC, tmp_path)
    data = read_dataset(tmp_path)
    judging = set(data.runs[data.validates].tolist())
    assert judging
    assert not (data.synthetic & data.validates).any()
    assert not judging & set(data.runs[data.synthetic].tolist())
    lost = [item for item in summary.left_out if "run that validates" in item.reason]
    assert sum(item.count for item in lost) == 4 * len(judging)
    assert len(data.classes) == 160 - 4 * len(judging)
