"""The beam out of a text file: anything doubtful is unknown, never off."""

import os
import time

import pytest

from backend.domain.beam import BeamState
from backend.feed.beam import FileBeamSource


@pytest.fixture
def file(tmp_path):
    return tmp_path / "beam.txt"


def source(file, **options):
    return FileBeamSource(file, threshold=5.0, unit="nA", **options)


@pytest.mark.parametrize(
    ("text", "state", "value"),
    [
        ("120.5", BeamState.ON, 120.5),
        ("5", BeamState.ON, 5.0),
        ("4.999\n", BeamState.OFF, 4.999),
        ("  0 \n\n", BeamState.OFF, 0.0),
        ("-0.1", BeamState.OFF, -0.1),
        ("1.2e2 nA\n", BeamState.ON, 120.0),
        ("7nA", BeamState.ON, 7.0),
    ],
)
def test_that_the_number_is_compared_with_the_threshold(file, text, state, value):
    file.write_text(text)
    beam = source(file).read()
    assert (beam.state, beam.value, beam.unit, beam.reason) == (state, value, "nA", "")


@pytest.mark.parametrize("data", [b"", b" \n", b"off", b"1 2", b"nan", b"inf", b"-inf", b"5 mA", b"\xff\xfe", b"5\0"])
def test_that_what_is_no_number_is_unknown_with_a_reason(file, data):
    file.write_bytes(data)
    beam = source(file).read()
    assert (beam.state, beam.value) == (BeamState.UNKNOWN, None)
    assert "beam.txt" in beam.reason
    assert beam.reason.isprintable()
    assert not beam.certainly_off


def test_that_a_missing_file_is_unknown(file):
    beam = source(file).read()
    assert beam.state is BeamState.UNKNOWN
    assert "No such file" in beam.reason


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_that_what_is_no_file_is_unknown_without_waiting(file, make):
    make(file)
    assert source(file).read().state is BeamState.UNKNOWN


@pytest.mark.parametrize(("age_s", "word"), [(61, "ago"), (-120, "future")])
def test_that_an_old_reading_is_unknown_and_still_shown(file, age_s, word):
    file.write_text("0.0")
    moment = time.time() - age_s
    os.utime(file, (moment, moment))
    beam = source(file, stale_after_s=60).read()
    assert (beam.state, beam.value) == (BeamState.UNKNOWN, 0.0)
    assert word in beam.reason


def test_that_a_reading_within_its_time_counts(file):
    file.write_text("0.0")
    moment = time.time() - 30
    os.utime(file, (moment, moment))
    assert source(file, stale_after_s=60).read().certainly_off
