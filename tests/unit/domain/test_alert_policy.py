"""From judged plots to findings: persistence, delays, beam gate, grace, frozen and missing plots. No store."""

from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest

from backend.domain.alert_policy import AlertPolicy
from backend.domain.alert_watch import Ruling, Sighting, Watch, missing, observe, overdue
from backend.domain.alerts import AlertKind
from backend.domain.beam import UNKNOWN_BEAM, Beam, BeamState, beam_from_reading
from backend.domain.classifications import Severity, default_classification
from backend.domain.verdicts import AlarmGate, Verdict

T0 = datetime(2026, 11, 21, 8, tzinfo=UTC)
CYCLE = timedelta(seconds=60)
OFF, ON = beam_from_reading(3.0, 10.0, "nA"), beam_from_reading(150.0, 10.0, "nA")
QUICK = AlertPolicy(needed=1, out_of=1)


def verdict(name="Good", confirmed=True, gate=AlarmGate.OPEN):
    return Verdict(name, default_classification(name).severity, 0.9, confirmed, gate, 1)


def play(policy, names, beam=ON, run_since=None, watch=None, start=T0, sha=None, confirmed=True):
    """Rulings on the problem, one per plot (None: nothing decided), and the memory after the last."""
    watch, found = watch or Watch(), []
    for number, name in enumerate(names):
        at = start + number * CYCLE
        seen = Sighting(number, sha or f"{at.timestamp()}", 42, at, verdict(name, confirmed), beam, run_since)
        watch, findings = observe(watch, policy, seen)
        found.append(next((one for one in findings if one.kind is AlertKind.PROBLEM), None))
    return found, watch


def rulings(*args, **given):
    return [one.ruling if one else None for one in play(*args, **given)[0]]


def test_that_one_bad_plot_of_three_is_no_problem_and_two_are():
    policy = AlertPolicy(needed=2, out_of=3)
    assert rulings(policy, ["Good", "Bad", "Good", "Good"])[1] is None
    assert rulings(policy, ["Bad", "Good", "Bad"])[-1] is Ruling.PROBLEM
    assert rulings(policy, ["Bad", "Good", "Good", "Bad"])[-1] is None


def test_that_flicker_never_clears_what_it_raised():
    found = rulings(AlertPolicy(needed=2, out_of=3), ["Bad", "Bad", *["Good", "Good", "Bad"] * 5])
    assert Ruling.CALM not in found
    assert rulings(AlertPolicy(needed=2, out_of=3), ["Bad", "Bad", "Good", "Good", "Good"])[-1] is Ruling.CALM


def test_that_a_problem_is_dated_to_its_first_plot():
    found, _ = play(AlertPolicy(needed=2, out_of=3), ["Good", "Bad", "Bad"])
    assert found[-1].since == T0 + CYCLE
    assert found[-1].evidence.at == T0 + 2 * CYCLE
    assert found[-1].evidence.confidence == 0.9


def test_that_an_unsure_verdict_proves_neither_a_problem_nor_its_end():
    assert Ruling.PROBLEM not in rulings(QUICK, ["Bad"] * 5, confirmed=False)
    assert Ruling.CALM not in rulings(QUICK, ["Bad"] * 5, confirmed=False)
    assert rulings(QUICK, ["NoData"], confirmed=False) == [Ruling.CALM]


def test_that_delays_hold_a_problem_and_its_end():
    slow = AlertPolicy(needed=1, out_of=1, on_delay_s=120, off_delay_s=120)
    assert rulings(slow, ["Bad"] * 3) == [None, None, None]  # only the newest counts with 1 of 1
    slow = AlertPolicy(needed=2, out_of=4, on_delay_s=120, off_delay_s=240)
    assert rulings(slow, ["Bad"] * 4) == [None, None, Ruling.PROBLEM, Ruling.PROBLEM]
    assert rulings(slow, ["Bad"] * 4 + ["Good"] * 6)[4:] == [None, None, None, None, Ruling.CALM, Ruling.CALM]


def test_that_the_policy_decides_which_classes_alarm_and_how_badly():
    own = AlertPolicy(
        needed=1, out_of=1, severities=MappingProxyType({"NoData": Severity.WARNING, "Bad": Severity.NORMAL})
    )
    found, _ = play(own, ["NoData"])
    assert (found[0].ruling, found[0].evidence.severity) == (Ruling.PROBLEM, Severity.WARNING)
    assert rulings(own, ["Bad"]) == [Ruling.CALM]
    assert rulings(QUICK, ["HotChannel"]) == [Ruling.CALM]
    assert rulings(AlertPolicy(least_severity=Severity.WARNING, needed=1, out_of=1), ["HotChannel"]) == [Ruling.PROBLEM]


def test_that_without_beam_nothing_alarms_and_the_gate_says_so_with_counts():
    found, watch = play(QUICK, ["Bad", "Bad", "Bad"], beam=OFF)
    assert {one.ruling for one in found} == {Ruling.HELD_BACK}
    assert found[-1].why == "beam 3 nA < 10 nA"
    assert (watch.held, watch.why) == (3, "beam 3 nA < 10 nA")
    _, opened = play(QUICK, ["Good", "Good"], watch=watch, start=T0 + 10 * CYCLE)
    assert (opened.held, opened.why) == (0, "")


@pytest.mark.parametrize("beam", [UNKNOWN_BEAM, Beam(BeamState.UNKNOWN, 3.0, "nA", "old")])
def test_that_an_unknown_beam_hides_nothing(beam):
    own = AlertPolicy(needed=1, out_of=1, beam_threshold=10.0)
    for policy in (QUICK, own):
        assert rulings(policy, ["Bad"], beam=beam) == [Ruling.PROBLEM]


def test_that_a_plot_type_may_have_a_threshold_of_its_own_or_none():
    assert rulings(AlertPolicy(needed=1, out_of=1, beam_threshold=200), ["Bad"], beam=ON) == [Ruling.HELD_BACK]
    assert rulings(AlertPolicy(needed=1, out_of=1, beam_threshold=1), ["Bad"], beam=OFF) == [Ruling.PROBLEM]
    assert rulings(AlertPolicy(needed=1, out_of=1, beam_gate=False), ["Bad"], beam=OFF) == [Ruling.PROBLEM]


def test_that_a_plot_taken_in_part_without_beam_is_held_back_too():
    _, watch = play(QUICK, ["Good"], beam=OFF)
    found, _ = play(QUICK, ["Bad", "Bad"], watch=watch, start=T0 + 5 * CYCLE)
    assert [one.ruling for one in found] == [Ruling.HELD_BACK, Ruling.PROBLEM]
    assert found[0].why == "the beam came back while this plot was taken"
    never = AlertPolicy(needed=1, out_of=1, settle_plots=0)
    _, watch = play(never, ["Good"], beam=OFF)
    assert rulings(never, ["Bad"], watch=watch, start=T0 + 5 * CYCLE) == [Ruling.PROBLEM]
    _, watch = play(QUICK, ["Good"], beam=UNKNOWN_BEAM)
    assert rulings(QUICK, ["Bad"], watch=watch, start=T0 + 5 * CYCLE) == [Ruling.PROBLEM]


def test_that_what_is_seen_without_beam_neither_raises_nor_clears_later():
    policy = AlertPolicy(needed=2, out_of=3)
    _, watch = play(policy, ["Bad", "Bad"], beam=OFF)
    assert rulings(policy, ["Good", "Bad"], watch=watch, start=T0 + 5 * CYCLE) == [None, None]
    _, watch = play(policy, ["Bad", "Bad"])
    assert Ruling.CALM not in rulings(policy, ["Good"] * 5, watch=watch, beam=OFF, start=T0 + 5 * CYCLE)


def test_that_a_run_has_its_grace_and_no_longer():
    policy = AlertPolicy(needed=1, out_of=1, grace_s=90)
    found, _ = play(policy, ["Bad"] * 3, run_since=T0)
    assert [one.ruling for one in found] == [Ruling.HELD_BACK, Ruling.HELD_BACK, Ruling.PROBLEM]
    assert found[0].why == "run 42 began less than 90 s ago"
    assert rulings(policy, ["Bad"], run_since=None) == [Ruling.PROBLEM]


def test_that_two_classes_that_take_turns_are_one_problem():
    policy = AlertPolicy(least_severity=Severity.WARNING, needed=2, out_of=4)
    found, _ = play(policy, ["Bad", "Warning"] * 5)
    assert {one.evidence.classification for one in found[2:]} == {"Bad"}


def test_that_a_reprocessed_verdict_never_alarms():
    _, findings = observe(Watch(), QUICK, Sighting(1, "a", 42, T0, verdict("Bad", gate=AlarmGate.REPROCESSED)))
    assert Ruling.PROBLEM not in {one.ruling for one in findings}


def frozen(policy, shas, beam=ON):
    watch, found = Watch(), []
    for number, sha in enumerate(shas):
        watch, findings = observe(watch, policy, Sighting(number, sha, 42, T0 + number * CYCLE, verdict(), beam))
        found.append(next((one for one in findings if one.kind is AlertKind.FROZEN), None))
    return found


def test_that_the_same_image_again_and_again_is_a_problem_until_it_changes():
    found = frozen(AlertPolicy(frozen_after=3), "abbbc")
    assert [one.ruling if one else None for one in found] == [
        Ruling.CALM,
        Ruling.CALM,
        None,
        Ruling.PROBLEM,
        Ruling.CALM,
    ]
    assert found[3].evidence.words == "the same image 3 times"
    assert found[3].since == T0 + CYCLE
    assert Ruling.PROBLEM not in {one.ruling for one in frozen(AlertPolicy(frozen_after=0), "aaaaa") if one}
    assert Ruling.PROBLEM not in {one.ruling for one in frozen(AlertPolicy(), "aaaaa", OFF) if one}


def after_five(policy=QUICK, beam=ON):
    return play(policy, ["Good"] * 5, beam=beam)[1]


def test_that_a_plot_that_misses_its_cycles_is_overdue():
    watch, policy = after_five(), AlertPolicy(stale_cycles=3)
    last = T0 + 4 * CYCLE
    assert watch.cycle_s == pytest.approx(60)
    assert not overdue(watch, policy, ON, last + 3 * CYCLE, T0)
    assert overdue(watch, policy, ON, last + 4 * CYCLE, T0)
    assert overdue(watch, policy, UNKNOWN_BEAM, last + 4 * CYCLE, T0)
    assert not overdue(watch, policy, OFF, last + 4 * CYCLE, T0)
    assert not overdue(watch, policy, ON, last + 4 * CYCLE, last + 2 * CYCLE), "the beam came back since"
    assert not overdue(watch, AlertPolicy(stale_cycles=0), ON, last + 40 * CYCLE, T0)
    assert missing(watch, policy, ON, last + 4 * CYCLE).evidence.words == "no plot for 3 cycles of 60 s"


def test_that_plots_that_came_in_quick_succession_are_not_missed_at_once():
    watch = Watch()
    for number in range(5):
        at = T0 + timedelta(seconds=number)
        watch, _ = observe(watch, QUICK, Sighting(number, f"{number}", 42, at, verdict(), ON))
    last = T0 + timedelta(seconds=4)
    assert not overdue(watch, QUICK, ON, last + timedelta(seconds=20), T0)
    assert overdue(watch, QUICK, ON, last + timedelta(seconds=31), T0)
    assert overdue(watch, AlertPolicy(cycle_s=1), ON, last + timedelta(seconds=20), T0)


def test_that_a_cycle_nobody_knows_yet_is_not_missed_unless_it_is_given():
    _, watch = play(QUICK, ["Good"] * 2)
    assert not overdue(watch, QUICK, ON, T0 + 100 * CYCLE, T0)
    assert overdue(watch, AlertPolicy(cycle_s=60), ON, T0 + 100 * CYCLE, T0)


def test_that_a_pause_does_not_change_the_cycle_and_any_plot_ends_the_wait():
    later, findings = observe(after_five(), QUICK, Sighting(9, "z", 43, T0 + timedelta(hours=2), verdict()))
    assert later.cycle_s == pytest.approx(60)
    assert any(one.kind is AlertKind.MISSING and one.ruling is Ruling.CALM for one in findings)


@pytest.mark.parametrize(
    "given", [{"needed": 4}, {"needed": 0}, {"out_of": 21}, {"grace_s": 601}, {"cycle_s": 0}, {"on_delay_s": -1}]
)
def test_that_a_policy_that_makes_no_sense_is_refused(given):
    with pytest.raises(ValueError, match=r"[a-z]"):
        AlertPolicy(**given)
