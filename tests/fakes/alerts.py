"""Alerts to show and to act on, and stores that hold some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from backend.domain.alert_policy import AlertPolicy
from backend.domain.alerts import Alert, AlertKind, AlertState, Evidence, Shelf
from backend.domain.beam import Beam, BeamState
from backend.domain.classifications import Severity
from backend.domain.predictions import ModelInForce
from backend.store import Store
from tests.samples import commit, judged, new_plot, put_in_force

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
QUICK = AlertPolicy(needed=1, out_of=1)
"""The first verdict counts: for tests that are about what comes after."""


def alert(number: int = 1, plot_type: str = "CDC_occupancy", state: AlertState = AlertState.RAISED, **given) -> Alert:
    """An alert raised `number` minutes before `NOW`; `given` are fields of `Alert` or of `Evidence`."""
    at = NOW - timedelta(minutes=number)
    named = {name: given.pop(name) for name in list(given) if name in Evidence.__dataclass_fields__ and name != "beam"}
    beam = given.pop("beam", Beam(BeamState.ON, 152.0, "nA"))
    plain = Evidence(AlertKind.PROBLEM, Severity.ALARM, at, "Bad", 0.992, number, 121_266, beam)
    shelf = Shelf("ann", "known dead board", NOW + timedelta(hours=6)) if state is AlertState.SHELVED else None
    made = Alert(number, plot_type, state, replace(plain, **named), at, at, at, group=("Tracking",), shelf=shelf)
    return replace(made, **given)


class Hall:
    """A store with a quick policy, into which plots are judged one after the other."""

    def __init__(
        self, store: Store, plot_types: Sequence[str] = ("CDC_occupancy",), policy: AlertPolicy = QUICK
    ) -> None:
        self.store = store
        self._number = 0
        self.models: dict[str, ModelInForce] = {}
        for place, plot_type in enumerate(plot_types):
            store.plot_types.ensure(plot_type, (f"Detector {place}",), contact="CDC expert", guidance="Check crate 3.")
            self.models[plot_type] = put_in_force(store, plot_type, seed=place)
            store.alerts.set_policy(plot_type, policy, "a", "for a test")

    def judge(self, plot_type: str = "CDC_occupancy", *, bad: bool = True, beam: Beam | None = None) -> int:
        """Take in a plot and record its verdict; returns its number."""
        self._number += 1
        [stored] = commit(self.store, [new_plot(self._number, plot_type, chunk=self._number)])
        outcome = judged(stored.plot, self.models[plot_type], 0.97 if bad else 0.03)
        if beam is not None:
            outcome = replace(outcome, beam=beam)
        self.store.verdicts.record([outcome], "a/1")
        return stored.plot.plot_id
