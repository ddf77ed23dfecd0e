"""Whether an image is whole, told without decoding it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.errors import PlotRejectedError
from backend.domain.quarantine import QuarantineReason
from backend.feed.images import ImageLimits, decode, size_of_whole
from tests.fakes.image_files import encoded, png_bomb, png_chunk

LIMITS = ImageLimits(max_pixels=1_000_000, max_bytes=100_000)
WHOLE = encoded(size=(70, 50))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "1", "I;16"])
def test_that_the_size_of_a_whole_png_is_told_as_decoding_would(mode):
    data = encoded(mode=mode, size=(70, 50))
    assert size_of_whole(data, ".png", LIMITS) == (70, 50)
    assert decode(data, ".png", LIMITS).shape[:2] == (50, 70)


@pytest.mark.parametrize("image_format", ["JPEG", "GIF", "BMP", "WEBP"])
def test_that_formats_without_checksums_are_left_to_the_decoder(image_format):
    assert size_of_whole(encoded(image_format), "", LIMITS) is None


@settings(max_examples=200, deadline=None)
@given(st.integers(8, len(WHOLE) - 1), st.integers(1, 255))
def test_that_a_png_with_any_byte_changed_is_not_vouched_for(at, change):
    damaged = bytearray(WHOLE)
    damaged[at] ^= change
    try:
        assert size_of_whole(bytes(damaged), ".png", LIMITS) is None
    except PlotRejectedError as error:
        assert error.reason in (QuarantineReason.NOT_AN_IMAGE, QuarantineReason.TOO_LARGE)  # noqa: PT017


@settings(max_examples=50, deadline=None)
@given(st.integers(0, len(WHOLE) - 1))
def test_that_a_png_cut_anywhere_is_not_vouched_for(end):
    try:
        assert size_of_whole(WHOLE[:end], ".png", LIMITS) is None
    except PlotRejectedError as error:
        assert error.reason in (QuarantineReason.EMPTY, QuarantineReason.NOT_AN_IMAGE)  # noqa: PT017


@pytest.mark.parametrize("more", [b"x", WHOLE, png_chunk(b"IEND", b"")])
def test_that_nothing_may_stand_behind_the_end(more):
    assert size_of_whole(WHOLE + more, ".png", LIMITS) is None


@pytest.mark.parametrize(
    ("data", "suffix", "reason"),
    [
        (b"", ".png", QuarantineReason.EMPTY),
        (b"no image at all", ".png", QuarantineReason.NOT_AN_IMAGE),
        (WHOLE, ".jpg", QuarantineReason.WRONG_SUFFIX),
        (WHOLE + bytes(100_000), ".png", QuarantineReason.TOO_LARGE),
        (png_bomb(), ".png", QuarantineReason.TOO_LARGE),
    ],
)
def test_that_what_can_be_told_without_decoding_is_rejected_with_the_same_reason(data, suffix, reason):
    with pytest.raises(PlotRejectedError) as caught:
        size_of_whole(data, suffix, LIMITS)
    assert caught.value.reason is reason
