"""Alert policy: when the verdicts on a plot type become an alert, and what may hold one back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from backend.domain.beam import Beam, BeamState
from backend.domain.classifications import Severity
from backend.domain.verdicts import AlarmGate, Verdict

LONGEST_MEMORY = 20
"""Verdicts of a plot type that a policy may look back on."""


@dataclass(frozen=True, slots=True)
class AlertPolicy:
    """The policy of one plot type.

    A confirmed verdict alarms from `least_severity` on, unless `severities` says otherwise for its classification
    (NORMAL: never). `needed` of the last `out_of` verdicts must alarm, over at least `on_delay_s` seconds; an alert
    clears after `out_of` verdicts in a row on which nothing was wrong, over at least `off_delay_s` seconds.

    Without beam nothing alarms where `beam_gate` is on: below `beam_threshold` (in the unit of the reading), or below
    the threshold of the configuration where that is None; nor do the first `settle_plots` plots after it came back, for
    they were taken in part without it. Nothing alarms in the first `grace_s` seconds of a run.
    A plot that misses `stale_cycles` cycles, or comes `frozen_after` times without any change, alarms (0: never); a
    cycle lasts `cycle_s` seconds, or as long as it did so far where that is None.
    """

    least_severity: Severity = Severity.ALARM
    severities: Mapping[str, Severity] = field(default_factory=lambda: MappingProxyType({}))
    needed: int = 2
    out_of: int = 3
    on_delay_s: float = 0.0
    off_delay_s: float = 0.0
    beam_gate: bool = True
    beam_threshold: float | None = None
    settle_plots: int = 1
    grace_s: float = 0.0
    stale_cycles: int = 3
    cycle_s: float | None = None
    frozen_after: int = 3

    def __post_init__(self) -> None:
        """ValueError, in a sentence, where the numbers do not fit."""
        if not 1 <= self.needed <= self.out_of <= LONGEST_MEMORY:
            raise ValueError(f"{self.needed} of {self.out_of} verdicts: 1 ≤ needed ≤ out of ≤ {LONGEST_MEMORY}")
        for name, value, most in (
            ("on delay", self.on_delay_s, 86_400),
            ("off delay", self.off_delay_s, 86_400),
            ("grace", self.grace_s, 600),
            ("cycles missed", self.stale_cycles, 1000),
            ("repeats", self.frozen_after, 1000),
            ("plots after a trip", self.settle_plots, 100),
        ):
            if not 0 <= value <= most:
                raise ValueError(f"{name} is {value:g}; accepted is 0 to {most}")
        if self.cycle_s is not None and not 0 < self.cycle_s <= 86_400:
            raise ValueError(f"a cycle of {self.cycle_s:g} s; accepted is over 0 to 86400 s")

    def severity_of(self, verdict: Verdict) -> Severity:
        """At which severity this verdict alarms; NORMAL where it does not, whatever the beam."""
        if verdict.gate is AlarmGate.REPROCESSED or not verdict.confirmed:
            return Severity.NORMAL
        return self._of_class(verdict)

    def is_doubtful(self, verdict: Verdict) -> bool:
        """Whether it would alarm if only the model were sure: no proof of a problem, and none that it is gone."""
        return not verdict.confirmed and self._of_class(verdict) > Severity.NORMAL

    def _of_class(self, verdict: Verdict) -> Severity:
        own = self.severities.get(verdict.classification)
        if own is not None:
            return own
        return verdict.severity if verdict.severity >= self.least_severity else Severity.NORMAL

    def in_grace(self, at: datetime, run_since: datetime | None, run: int | None) -> str:
        """Why nothing may alarm at `at` so soon after the run was first seen; "" where it may."""
        if run_since is None or self.grace_s <= 0:
            return ""
        if timedelta(0) <= at - run_since < timedelta(seconds=self.grace_s):
            return f"run {run} began less than {self.grace_s:g} s ago"
        return ""

    def without_beam(self, beam: Beam) -> str:
        """``beam 3 nA < 10 nA`` where that is certain and the gate is on, else "": an unknown beam hides nothing."""
        if not self.beam_gate or beam.state is BeamState.UNKNOWN:
            return ""
        least = beam.threshold if self.beam_threshold is None else self.beam_threshold
        if self.beam_threshold is None:
            off = beam.certainly_off
        else:
            off = beam.value is not None and beam.value < self.beam_threshold
        return _words(beam, least) if off else ""


def _words(beam: Beam, least: float | None) -> str:
    if beam.value is None or least is None:
        return "the beam is off"
    return f"beam {beam.value:.3g} {beam.unit} < {least:.3g} {beam.unit}"


USUAL_POLICY = AlertPolicy()
"""Holds where nobody has decided otherwise."""


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """One entry of a policy's history; `before` is None for the first."""

    plot_type: str
    before: AlertPolicy | None
    after: AlertPolicy
    who: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GateCount:
    """``17 verdicts not alarmed: beam 3 nA < 10 nA``: what a gate holds back now, and on how many plot types."""

    why: str
    verdicts: int
    plot_types: int
