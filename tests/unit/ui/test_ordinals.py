"""Ordinals in the verdict line."""

import pytest

from ui.detail.wording import ordinal


@pytest.mark.parametrize(
    ("number", "words"), [(2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (21, "21st"), (113, "113th")]
)
def test_that_a_streak_is_counted_in_proper_ordinals(number, words):
    assert ordinal(number) == words
