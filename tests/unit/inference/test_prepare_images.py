"""Preprocessing keeps what matters in a plot, whatever its size."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.inference.manifest import InputSpec
from backend.inference.preprocessing import prepare
from tests.fakes.machine import slowness

COLOUR = InputSpec(height=224, width=288, channels=3)
GREY = InputSpec(height=224, width=288, channels=1)


def test_that_the_whole_image_is_stretched_to_the_input():
    image = np.zeros((600, 800, 3), np.uint8)
    image[:, 400:] = 255
    image[:300, :, 2] = 0
    prepared = prepare(image, COLOUR)
    assert (prepared.shape, prepared.dtype) == ((224, 288, 3), np.uint8)
    assert prepared[:, :143].max() == 0
    assert prepared[:, 145:, :2].min() == 255
    assert prepared[:110, :, 2].max() == 0
    assert prepared[114:, 145:, 2].min() == 255


def test_that_grey_is_luma():
    image = np.zeros((224, 288, 3), np.uint8)
    image[:100], image[100:200], image[200:] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    prepared = prepare(image, GREY)
    assert prepared.shape == (224, 288, 1)
    assert (prepared[0, 0, 0], prepared[150, 0, 0], prepared[-1, 0, 0]) == (76, 150, 29)


@pytest.mark.parametrize("spec", [GREY, COLOUR])
@pytest.mark.parametrize("width", [401, 640, 800, 1237, 1600])
def test_that_thin_lines_keep_their_ink_wherever_they_lie(spec, width):
    for x in range(width // 3, width // 3 + 12):
        image = np.full((300, width, 3), 255, np.uint8)
        image[:, x] = 0
        ink = (255 - prepare(image, spec)[112, :, 0].astype(float)).sum() / 255 * width / spec.width
        assert 0.88 <= ink <= 1.12


def test_that_an_image_of_the_right_size_is_not_touched():
    image = np.random.default_rng(1).integers(0, 256, (224, 288, 3), np.uint8)
    assert np.array_equal(prepare(image, COLOUR), image)


def test_that_read_only_and_strided_images_are_taken():
    image = np.random.default_rng(1).integers(0, 256, (120, 160, 3), np.uint8)
    image.flags.writeable = False
    assert np.array_equal(prepare(image[::-1, ::2], COLOUR), prepare(image[::-1, ::2].copy(), COLOUR))


def test_that_the_result_may_be_written_to():
    prepare(np.zeros((224, 288, 3), np.uint8), COLOUR)[0, 0] = 1


@pytest.mark.parametrize(
    "image",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3), np.float32),
     np.zeros((0, 4, 3), np.uint8)],
)  # fmt: skip
def test_that_other_arrays_are_refused(image):
    with pytest.raises(ValueError, match="prepare wants uint8"):
        prepare(image, COLOUR)


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 700),
    width=st.integers(1, 700),
    spec=st.builds(InputSpec, height=st.integers(8, 300), width=st.integers(8, 300), channels=st.sampled_from([1, 3])),
    value=st.integers(0, 255),
)
def test_that_every_size_is_taken_and_uniform_images_stay_uniform(height, width, spec, value):
    prepared = prepare(np.full((height, width, 3), value, np.uint8), spec)
    assert prepared.shape == spec.shape
    assert (prepared == value).all()


@pytest.mark.timed
def test_that_preparing_a_plot_costs_little():
    image = np.random.default_rng(1).integers(0, 256, (600, 800, 3), np.uint8)

    def cost() -> float:
        start = time.thread_time()
        prepare(image, GREY)
        return time.thread_time() - start

    assert min(cost() for _ in range(20)) < 3e-3 * slowness()
