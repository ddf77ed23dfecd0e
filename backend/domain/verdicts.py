"""Verdicts: the decision on a plot. All policy is here; it is a pure function of its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from backend.domain.beam import Beam
from backend.domain.classifications import Classification, Severity
from backend.domain.predictions import ModelInForce


class AlarmGate(StrEnum):
    """Why a verdict may or may not alarm."""

    OPEN = "open"
    HARMLESS = "harmless"
    UNCONFIRMED = "unconfirmed"
    NO_BEAM = "no_beam"
    REPROCESSED = "reprocessed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision on one plot by one model.

    `confidence` is the probability (0 to 1) of `classification`; `confirmed` says it reached the threshold.
    """

    classification: str
    severity: Severity
    confidence: float
    confirmed: bool
    gate: AlarmGate
    model_id: int

    @property
    def alarms(self) -> bool:
        """Whether this verdict alone is allowed to alarm."""
        return self.gate is AlarmGate.OPEN

    @property
    def needs_attention(self) -> bool:
        """Whether it belongs in the attention pane: alarming, or a confirmed warning."""
        return self.alarms or (self.confirmed and self.severity is Severity.WARNING)


def judge(
    probabilities: tuple[float, ...],
    model: ModelInForce,
    classifications: Mapping[str, Classification],
    beam: Beam,
) -> Verdict:
    """Decide on a plot: the most probable class, confirmed at or above its threshold.

    Without beam nothing alarms; an unknown beam never hides an alarm. A label that is missing from
    `classifications` raises KeyError: the store registers every label before its model can be activated.
    """
    top = max(range(len(probabilities)), key=probabilities.__getitem__)
    confirmed = probabilities[top] >= model.thresholds[top]
    severity = classifications[model.labels[top]].severity
    gate = _gate(severity, confirmed, beam)
    return Verdict(model.labels[top], severity, probabilities[top], confirmed, gate, model.model_id)


def reprocessed(verdict: Verdict) -> Verdict:
    """The same decision on a plot of the past: it never alarms, whatever it says."""
    return replace(verdict, gate=AlarmGate.REPROCESSED)


def _gate(severity: Severity, confirmed: bool, beam: Beam) -> AlarmGate:
    if severity < Severity.ALARM:
        return AlarmGate.HARMLESS
    if not confirmed:
        return AlarmGate.UNCONFIRMED
    return AlarmGate.NO_BEAM if beam.certainly_off else AlarmGate.OPEN
