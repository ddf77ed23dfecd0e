"""Verdict policy: pure, so every rule is a line here."""

import pytest

from backend.domain.beam import UNKNOWN_BEAM, Beam, BeamState, beam_from_reading
from backend.domain.classifications import DEFAULT_CLASSIFICATIONS, Severity, default_classification
from backend.domain.predictions import ModelInForce
from backend.domain.verdicts import AlarmGate, judge

KNOWN = {item.name: item for item in DEFAULT_CLASSIFICATIONS}
MODEL = ModelInForce(7, "d" * 64, ("Good", "Bad", "HotChannel"), (0.5, 0.8, 0.6))
ON, OFF = Beam(BeamState.ON, 150.0, "nA"), Beam(BeamState.OFF, 0.0, "nA")


@pytest.mark.parametrize(
    ("probabilities", "beam", "classification", "confirmed", "gate"),
    [
        ((0.9, 0.1, 0.0), ON, "Good", True, AlarmGate.HARMLESS),
        ((0.4, 0.3, 0.3), ON, "Good", False, AlarmGate.HARMLESS),
        ((0.1, 0.9, 0.0), ON, "Bad", True, AlarmGate.OPEN),
        ((0.2, 0.8, 0.0), ON, "Bad", True, AlarmGate.OPEN),
        ((0.21, 0.79, 0.0), ON, "Bad", False, AlarmGate.UNCONFIRMED),
        ((0.1, 0.9, 0.0), OFF, "Bad", True, AlarmGate.NO_BEAM),
        ((0.1, 0.9, 0.0), UNKNOWN_BEAM, "Bad", True, AlarmGate.OPEN),
        ((0.1, 0.1, 0.8), ON, "HotChannel", True, AlarmGate.HARMLESS),
    ],
)
def test_that_a_verdict_follows_from_probabilities_thresholds_and_beam(
    probabilities, beam, classification, confirmed, gate
):
    verdict = judge(probabilities, MODEL, KNOWN, beam)
    assert (verdict.classification, verdict.confirmed, verdict.gate) == (classification, confirmed, gate)
    assert verdict.alarms == (gate is AlarmGate.OPEN)
    assert verdict.model_id == 7


def test_that_severity_and_not_the_name_decides_about_alarms():
    labels = ("Fine", "Crooked")
    known = {
        "Fine": default_classification("Good"),
        "Crooked": default_classification("Bad"),
    }
    model = ModelInForce(1, "d" * 64, labels, (0.5, 0.5))
    assert judge((0.1, 0.9), model, known, ON).alarms


def test_that_a_confirmed_warning_needs_attention_without_alarming():
    verdict = judge((0.1, 0.1, 0.8), MODEL, KNOWN, ON)
    assert verdict.needs_attention
    assert not verdict.alarms


def test_that_an_unknown_label_is_an_error_and_not_a_silent_good():
    with pytest.raises(KeyError):
        judge((0.0, 1.0, 0.0), MODEL, {"Good": KNOWN["Good"]}, ON)


def test_that_the_beam_is_on_from_its_threshold_upwards():
    assert beam_from_reading(1.0, 1.0, "nA").state is BeamState.ON
    assert beam_from_reading(0.99, 1.0, "nA").certainly_off


def test_that_a_class_nobody_described_is_visible_and_harmless():
    made = default_classification("SingleBunch")
    assert made.severity is Severity.INFORMATION
    assert made == default_classification("SingleBunch")
