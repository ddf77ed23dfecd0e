"""Decoding: every good kind of image, every bad kind of file."""

import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from backend.domain.errors import PlotRejectedError
from backend.domain.quarantine import QuarantineReason
from backend.feed.formats import HEAD, TAIL, is_complete, sniff
from backend.feed.images import ImageLimits, decode
from tests.fakes.image_files import SUFFIXES, drawn, encoded, gif_bomb, png_bomb, saved, webp_bomb
from tests.fakes.machine import slowness

LIMITS = ImageLimits(max_pixels=1_000_000, max_bytes=2**20)
WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def reason_of(data, suffix=".png", limits=LIMITS):
    with pytest.raises(PlotRejectedError) as caught:
        decode(data, suffix, limits)
    assert str(caught.value).endswith(".")
    return caught.value.reason


@pytest.mark.parametrize("image_format", ["PNG", "BMP"])
def test_that_lossless_images_come_out_as_they_were_drawn(image_format):
    pixels = decode(encoded(image_format, seed=3), SUFFIXES[image_format], LIMITS)
    assert pixels.dtype == np.uint8
    assert pixels.shape == (60, 80, 3)
    assert np.array_equal(pixels, np.asarray(drawn(seed=3)))
    assert not pixels.flags.writeable


@pytest.mark.parametrize("image_format", ["JPEG", "GIF", "WEBP"])
def test_that_other_formats_come_out_much_as_they_were_drawn(image_format):
    pixels = decode(encoded(image_format), SUFFIXES[image_format], LIMITS)
    assert np.abs(pixels.astype(int) - np.asarray(drawn()).astype(int)).mean() < 8


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "I;16"])
def test_that_every_mode_of_png_becomes_rgb(mode):
    image = drawn(mode="L") if mode == "I;16" else drawn(mode=mode)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image).astype(np.uint16) * 257)
    pixels = decode(saved(image), ".png", LIMITS)
    assert pixels.shape == (60, 80, 3)
    assert tuple(pixels[0, 0]) == WHITE
    assert tuple(pixels[2, 40]) == BLACK


def test_that_cmyk_keeps_its_colours():
    pixels = decode(saved(Image.new("RGB", (16, 16), (200, 30, 40)).convert("CMYK"), "JPEG"), ".jpg", LIMITS)
    assert np.abs(pixels[8, 8].astype(int) - (200, 30, 40)).max() < 20


def test_that_sixteen_bits_keep_the_upper_eight():
    deep = Image.fromarray(np.array([[0, 255, 256, 0x8000, 0xFFFF]], np.uint16))
    assert decode(saved(deep), ".png", LIMITS)[0, :, 0].tolist() == [0, 0, 1, 128, 255]


@pytest.mark.parametrize("alpha", [0, 128, 255])
def test_that_transparency_is_laid_on_white(alpha):
    pixels = decode(saved(Image.new("RGBA", (4, 4), (0, 0, 0, alpha))), ".png", LIMITS)
    assert np.abs(pixels.astype(int) - (255 - alpha)).max() <= 1


@pytest.mark.parametrize("mode", ["P", "L", "RGB"])
def test_that_a_transparent_colour_is_laid_on_white(mode):
    image = Image.new(mode, (4, 4), 0)
    data = saved(image, transparency=(0, 0, 0) if mode == "RGB" else 0)
    assert tuple(decode(data, ".png", LIMITS)[0, 0]) == WHITE


def test_that_of_an_animation_the_first_frame_counts():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert decode(data, ".gif", LIMITS)[0, 0, 0] > 200


@pytest.mark.parametrize("suffix", [".png", ".PNG", ".Png", ""])
def test_that_the_suffix_may_have_any_case_or_be_unknown(suffix):
    assert decode(encoded(), suffix, LIMITS).shape == (60, 80, 3)


def test_that_an_empty_file_is_refused():
    assert reason_of(b"") is QuarantineReason.EMPTY


@pytest.mark.parametrize("data", [b"hello", b"\0" * 1000, b"%PDF-1.7 ...", b"BMX is not a bitmap", b"\x89PN"])
def test_that_what_is_no_image_is_refused(data):
    assert reason_of(data) is QuarantineReason.NOT_AN_IMAGE


def test_that_a_format_we_do_not_judge_is_refused():
    assert reason_of(saved(drawn(), "TIFF"), ".tif") is QuarantineReason.NOT_AN_IMAGE


@pytest.mark.parametrize(
    ("image_format", "suffix"), [("JPEG", ".png"), ("PNG", ".jpg"), ("GIF", ".dat"), ("PNG", ".x")]
)
def test_that_a_suffix_that_lies_is_refused(image_format, suffix):
    assert reason_of(encoded(image_format), suffix) is QuarantineReason.WRONG_SUFFIX


@pytest.mark.parametrize("image_format", SUFFIXES)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_that_a_truncated_image_is_refused_as_such(image_format, share):
    data = encoded(image_format, size=(400, 300))
    assert reason_of(data[: int(len(data) * share)], SUFFIXES[image_format]) is QuarantineReason.TRUNCATED


def test_that_damage_in_the_middle_is_told_from_truncation():
    data = bytearray(encoded(size=(400, 300)))
    data[200] ^= 1
    assert reason_of(bytes(data)) is QuarantineReason.NOT_AN_IMAGE


def test_that_too_many_bytes_are_refused_before_anything_else():
    assert reason_of(b"x" * (LIMITS.max_bytes + 1)) is QuarantineReason.TOO_LARGE


def test_that_exactly_the_limit_of_pixels_is_taken():
    data = encoded(size=(100, 80))
    assert decode(data, ".png", ImageLimits(max_pixels=8000)).shape == (80, 100, 3)
    assert reason_of(data, limits=ImageLimits(max_pixels=7999)) is QuarantineReason.TOO_LARGE


@pytest.mark.timed
@pytest.mark.parametrize(("bomb", "suffix"), [(png_bomb, ".png"), (gif_bomb, ".gif"), (webp_bomb, ".webp")])
def test_that_a_decompression_bomb_is_refused_without_being_decoded(bomb, suffix):
    began = time.perf_counter()
    assert reason_of(bomb(), suffix, ImageLimits()) is QuarantineReason.TOO_LARGE
    assert time.perf_counter() - began < 2.0 * slowness()


def test_that_the_limit_is_ours_alone_and_raises_no_warning(recwarn):
    data = encoded(size=(2000, 1000))
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, 1000
    try:
        assert decode(data, ".png", ImageLimits()).shape == (1000, 2000, 3)
    finally:
        Image.MAX_IMAGE_PIXELS = limit
    assert not recwarn.list


@pytest.mark.parametrize("image_format", SUFFIXES)
def test_that_only_whole_images_count_as_complete(image_format):
    data = encoded(image_format, size=(200, 150))

    def complete(count):
        return is_complete(data[:HEAD][:count], data[max(0, count - TAIL) : count], count)

    assert complete(len(data))
    assert sum(complete(count) for count in range(len(data))) <= 1 + len(data) // 2000


@given(st.binary(max_size=400))
def test_that_arbitrary_bytes_are_decoded_or_refused(data):
    try:
        decode(data, ".png", LIMITS)
    except PlotRejectedError:
        return
    assert sniff(data[:HEAD]) is not None


@settings(max_examples=250, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(sorted(SUFFIXES)),
    st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=6)), min_size=1, max_size=5),
    st.floats(0.2, 1),
)
def test_that_damaged_images_are_decoded_or_refused_and_never_hang(image_format, wounds, share):
    data = bytearray(encoded(image_format, size=(40, 30)))
    for place, bytes_ in wounds:
        at = int(place * len(data))
        data[at : at + len(bytes_)] = bytes_
    try:
        pixels = decode(bytes(data[: int(len(data) * share) + 1]), "", LIMITS)
    except PlotRejectedError:
        return
    assert pixels.ndim == 3
    assert pixels.shape[0] * pixels.shape[1] <= LIMITS.max_pixels
