"""A policy tried on the past: which alerts it would have raised. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from backend.domain.alert_actions import acknowledge
from backend.domain.alert_following import follow
from backend.domain.alert_policy import AlertPolicy, PolicyChange
from backend.domain.alert_watch import Ruling, Sighting, Watch, observe
from backend.domain.alerts import LOUD, Alert, AlertKind, AlertState, Transition
from backend.domain.classifications import Classification, Severity

CREW_COMES_AFTER = timedelta(minutes=5)
"""In a trial every alert is acknowledged after this time, so that each problem is told of once."""


@dataclass(frozen=True, slots=True)
class WouldAlert:
    """An alert that a policy would have raised at `at` (UTC), in run `run`."""

    at: datetime
    kind: AlertKind
    severity: Severity
    classification: str = ""
    plot_id: int | None = None
    run: int | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """What a policy comes to over `plots` judged plots: alerts, oldest first, and verdicts that gates held back."""

    plots: int
    raised: tuple[WouldAlert, ...] = ()
    held_back: int = 0


@dataclass(frozen=True, slots=True)
class Trials:
    """The policy in force and a proposed one, tried on the same `days` days."""

    days: float
    now: Trial
    proposed: Trial


@dataclass(frozen=True, slots=True)
class PolicyView:
    """The policy of a plot type, or the usual one of all where `plot_type` is "", with all its changes, oldest first.

    `own` is False where the usual one holds. `classifications` are those valid for the plot type.
    """

    plot_type: str
    policy: AlertPolicy
    own: bool
    classifications: tuple[Classification, ...] = ()
    history: tuple[PolicyChange, ...] = ()


@dataclass(slots=True)
class _Past:
    """A plot type on its way through the past."""

    policy: AlertPolicy
    watch: Watch = field(default_factory=Watch)
    standing: dict[AlertKind, Alert] = field(default_factory=dict)
    raised: list[WouldAlert] = field(default_factory=list)
    held_back: int = 0

    def see(self, seen: Sighting) -> None:
        """One plot more."""
        for alert in list(self.standing.values()):
            if alert.state is AlertState.RAISED and seen.at - alert.raised_at >= CREW_COMES_AFTER:
                self._keep(acknowledge("crew")(alert, seen.at))
        self.watch, findings = observe(self.watch, self.policy, seen)
        newest = self.watch.marks[-1] if self.watch.marks else None
        self.held_back += bool(newest and newest.at == seen.at and newest.held and newest.severity)
        findings = tuple(one for one in findings if one.ruling is not Ruling.HELD_BACK)
        for transition in follow(findings, self.standing, "", seen.at):
            self._keep(transition)

    def _keep(self, transition: Transition) -> None:
        alert, evidence = transition.alert, transition.alert.evidence
        if transition.action in LOUD:
            self.raised.append(
                WouldAlert(
                    alert.raised_at, evidence.kind, evidence.severity, evidence.classification, evidence.plot_id,
                    evidence.run,
                )
            )  # fmt: skip
        self.standing.pop(evidence.kind, None)
        if alert.open:
            self.standing[evidence.kind] = replace(alert, alert_id=1)


def try_policy(policy: AlertPolicy, sightings: Iterable[Sighting]) -> Trial:
    """Play the judged plots of one type, oldest first, through a policy. Plots that did not come are not in it."""
    past, plots = _Past(policy), 0
    for plots, seen in enumerate(sightings, 1):  # noqa: B007 - the last number counts
        past.see(seen)
    return Trial(plots, tuple(past.raised), past.held_back)
