"""A simulated week under the usual policy: every true problem is told soon, and hardly anything else is."""

from dataclasses import dataclass, replace
from statistics import median

import pytest

from backend.domain.alert_actions import acknowledge
from backend.domain.alert_following import follow
from backend.domain.alert_policy import AlertPolicy
from backend.domain.alert_watch import Watch, observe
from backend.domain.alerts import LOUD, AlertState
from tests.fakes.hall_week import CYCLE, CYCLES, PLOT_TYPES, SHIFTS, Week

POLICY = AlertPolicy(grace_s=90)
"""The usual policy, and a minute and a half in which a run may gather its first events."""


@dataclass(frozen=True)
class Told:
    """A pop-up: when, of which plot type, whether rightly."""

    cycle: int
    plot_type: int
    right: bool


@dataclass
class Outcome:
    """What a week came to."""

    told: list[Told]
    delays: list[int]
    missed: int
    without_beam: int


def live_through(week: Week, policy: AlertPolicy, cycles: int = CYCLES) -> Outcome:
    """Play a week; a shift crew acknowledges each alert one cycle later."""
    watches = dict.fromkeys(range(PLOT_TYPES), Watch())
    standing = {plot_type: {} for plot_type in range(PLOT_TYPES)}
    told: list[Told] = []
    for cycle, plot_type, seen in week.sightings(cycles):
        watches[plot_type], findings = observe(watches[plot_type], policy, seen)
        mine = standing[plot_type]
        for transition in follow(findings, mine, f"{plot_type}", seen.at):
            if transition.action in LOUD:
                told.append(Told(cycle, plot_type, week.is_wrong(plot_type, cycle)))
            keep(mine, transition.alert)
        for alert in list(mine.values()):
            if alert.state is AlertState.RAISED and seen.at - alert.raised_at >= CYCLE:
                keep(mine, acknowledge("shift")(alert, seen.at).alert)
    return reckon(week, told)


def keep(mine, alert):
    mine.pop(alert.evidence.kind, None)
    if alert.open:
        mine[alert.evidence.kind] = replace(alert, alert_id=1)


def reckon(week: Week, told: list[Told]) -> Outcome:
    delays = []
    for problem in week.problems:
        cycles = [one.cycle for one in told if one.plot_type == problem.plot_type and problem.first <= one.cycle]
        cycles = [cycle - problem.first for cycle in cycles if cycle <= problem.last]
        if cycles:
            delays.append(min(cycles))
    missed = len(week.problems) - len(delays)
    return Outcome(told, delays, missed, sum(one.cycle in week.off for one in told))


@pytest.fixture(scope="module")
def outcome():
    return live_through(Week(), POLICY)


def test_that_every_true_problem_is_told_within_two_cycles(outcome):
    assert outcome.missed == 0
    assert median(outcome.delays) <= 2
    assert max(outcome.delays) <= 5


def test_that_there_is_at_most_one_false_popup_a_shift(outcome):
    false = [one for one in outcome.told if not one.right]
    assert len(false) <= SHIFTS, len(false)


def test_that_nothing_is_told_without_beam(outcome):
    assert outcome.without_beam == 0


def test_that_nothing_chatters(outcome):
    """Chattering is three pop-ups of one plot a minute; here no problem is even told three times."""
    for plot_type in range(PLOT_TYPES):
        cycles = [one.cycle for one in outcome.told if one.plot_type == plot_type]
        assert all(third - first > 12 for first, third in zip(cycles, cycles[2:], strict=False))


@pytest.mark.parametrize("worse", [AlertPolicy(needed=1, out_of=1), AlertPolicy(beam_gate=False)])
def test_that_the_week_can_tell_a_bad_policy(worse):
    found = live_through(Week(), worse, CYCLES // 7)
    assert sum(not one.right for one in found.told) > SHIFTS / 7 or found.without_beam


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20))
def test_that_twenty_other_weeks_are_no_worse(seed):
    found = live_through(Week(seed), POLICY)
    assert found.missed == 0
    assert median(found.delays) <= 2
    assert sum(not one.right for one in found.told) <= SHIFTS
    assert found.without_beam == 0
