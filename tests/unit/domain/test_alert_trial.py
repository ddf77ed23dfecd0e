"""A policy tried on the past raises what it would have raised, no more and no less."""

from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from backend.domain.alert_policy import AlertPolicy
from backend.domain.alert_trial import try_policy
from backend.domain.alert_watch import Sighting
from backend.domain.alerts import AlertKind
from backend.domain.beam import UNKNOWN_BEAM, Beam, BeamState
from backend.domain.classifications import Severity
from backend.domain.verdicts import AlarmGate, Verdict

T0 = datetime(2026, 11, 21, 8, tzinfo=UTC)
BAD = Verdict("Bad", Severity.ALARM, 0.97, True, AlarmGate.OPEN, 1)
GOOD = Verdict("Good", Severity.NORMAL, 0.98, True, AlarmGate.HARMLESS, 1)
OFF = Beam(BeamState.OFF)


def past(story, off=()):
    """One plot every five minutes: ``.`` good, ``x`` bad, ``=`` the same image again."""
    for number, letter in enumerate(story):
        image = "same" if letter == "=" else f"{number}"
        beam = OFF if number in off else UNKNOWN_BEAM
        at = T0 + timedelta(minutes=5 * number)
        yield Sighting(number, image, 42, at, BAD if letter == "x" else GOOD, beam)


def places(trial):
    return [one.plot_id for one in trial.raised]


def test_that_a_flicker_alarms_only_where_the_policy_says_so():
    story = "..x....x..xxx....x.."
    assert places(try_policy(AlertPolicy(), past(story))) == [11]
    assert places(try_policy(AlertPolicy(needed=1, out_of=1), past(story))) == [2, 7, 10, 17]
    never = AlertPolicy(severities=MappingProxyType({"Bad": Severity.NORMAL}))
    assert places(try_policy(never, past(story))) == []


def test_that_a_problem_that_lasts_is_told_once_and_a_second_one_again():
    assert places(try_policy(AlertPolicy(), past("xxxxxxxx.....xxx"))) == [1, 14]


def test_that_what_a_gate_holds_back_is_counted_and_not_raised():
    trial = try_policy(AlertPolicy(), past("..xxxx....", off={2, 3, 4, 5}))
    assert (places(trial), trial.held_back, trial.plots) == ([], 4, 10)
    open_gate = try_policy(AlertPolicy(beam_gate=False), past("..xxxx....", off={2, 3, 4, 5}))
    assert (places(open_gate), open_gate.held_back) == ([3], 0)


def test_that_frozen_plots_are_part_of_it():
    [one] = try_policy(AlertPolicy(), past("..====..")).raised
    assert (one.kind, one.severity) == (AlertKind.FROZEN, Severity.WARNING)


def test_that_no_past_is_no_alert():
    assert try_policy(AlertPolicy(), []).plots == 0
