"""The life of an alert: what every history keeps, and each step by itself."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.alert_actions import (
    AlertKey,
    acknowledge,
    check_version,
    false_alarm,
    harmless_label,
    shelve,
    undo_acknowledge,
    unshelve,
)
from backend.domain.alerts import (
    LONGEST_SHELF,
    LOUD,
    SYSTEM,
    UNDO_WITHIN,
    Alert,
    AlertAction,
    AlertKind,
    AlertState,
    Evidence,
    Shelf,
    Transition,
    begin,
    calm,
    end_shelf,
    see,
    see_suppressed,
)
from backend.domain.classifications import DEFAULT_CLASSIFICATIONS, Severity, default_classification
from backend.domain.errors import AlertRefusedError

T0 = datetime(2026, 11, 21, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BY_PEOPLE = {AlertAction.ACKNOWLEDGED, AlertAction.FALSE_ALARM}


def bad(severity=Severity.ALARM, classification="Bad", at=T0):
    return Evidence(AlertKind.PROBLEM, severity, at, classification, 0.97, plot_id=7, run=42)


def raised():
    return begin("CDC_occupancy", bad(), T0, T0).alert


def after(alert, *steps, at=T0 + MINUTE):
    for step in steps:
        alert = step(alert, at).alert
    return alert


def shelf(until=T0 + timedelta(hours=8)):
    return Shelf("ann", "known dead board", until)


STEPS = st.sampled_from([
    "bad", "worse", "other class", "calm", "held", "acknowledge", "undo", "false alarm", "shelve", "unshelve", "wait",
])  # fmt: skip


class Life:
    """Plays one history and keeps the alert whose life goes on."""

    def __init__(self):
        self.alert: Alert | None = None
        self.now = T0
        self.done: list[Transition] = []

    def play(self, step: str) -> None:
        self.now += MINUTE
        self.end_of_shelf()
        transition = self.step(step)
        if transition is not None:
            self.take(transition)

    def end_of_shelf(self) -> None:
        """As the engine does: every minute."""
        if self.alert and self.alert.state is AlertState.SHELVED and self.alert.shelf.until <= self.now:
            self.take(end_shelf(self.alert, self.now))

    def take(self, transition: Transition) -> None:
        self.done.append(transition)
        self.alert = transition.alert

    def step(self, step: str) -> Transition | None:
        alert, evidence = self.alert, self.evidence(step)
        if step == "wait":
            self.now += timedelta(hours=9)
            return None
        if step == "held":
            if alert is None or not alert.open:
                return begin("CDC_occupancy", bad(at=self.now), self.now, self.now, "beam 3 nA < 10 nA")
            return see_suppressed(alert, bad(at=self.now), "beam 3 nA < 10 nA")
        if evidence is not None:
            if alert is None or not alert.open:
                return begin("CDC_occupancy", evidence, self.now, self.now)
            return see(alert, evidence, self.now)
        if alert is None:
            return None
        if step == "calm":
            return calm(alert, self.now) if alert.open and alert.active else None
        return self.action(step, alert)

    def evidence(self, step: str) -> Evidence | None:
        return {
            "bad": bad(Severity.WARNING, at=self.now),
            "worse": bad(Severity.ALARM, at=self.now),
            "other class": bad(Severity.WARNING, "HotChannel", self.now),
        }.get(step)

    def action(self, step: str, alert: Alert) -> Transition | None:
        acts = {
            "acknowledge": acknowledge("bob"),
            "undo": undo_acknowledge("bob"),
            "false alarm": false_alarm("bob", "Good"),
            "shelve": shelve(shelf(self.now + timedelta(hours=8))),
            "unshelve": unshelve("bob"),
        }
        try:
            return acts[step](alert, self.now)
        except AlertRefusedError:
            return None


@given(st.lists(STEPS, max_size=40))
@settings(max_examples=500, deadline=None)
def test_that_no_history_loses_an_alert_or_acknowledges_it_by_itself(steps):
    keep_invariants(steps)


@pytest.mark.soak
@given(st.lists(STEPS, max_size=60))
@settings(max_examples=10_000, deadline=None)
def test_that_ten_thousand_histories_lose_no_alert(steps):
    keep_invariants(steps)


def keep_invariants(steps):
    life = Life()
    told = False  # somebody was told of a problem and nobody has acknowledged it
    for step in steps:
        count = len(life.done)
        life.play(step)
        for transition in life.done[count:]:
            check(transition)
            if transition.action in LOUD or transition.action is AlertAction.RETURNED:
                told = True
            if transition.action in BY_PEOPLE:
                told = False
        if told:
            assert life.alert.state in (AlertState.RAISED, AlertState.CLEARED, AlertState.SHELVED), life.done
    if life.alert and life.alert.state is AlertState.SHELVED:
        assert life.alert.shelf.until <= life.now + LONGEST_SHELF
        life.now = max(life.now, life.alert.shelf.until)
        life.end_of_shelf()
        assert life.alert.waits
        assert life.alert.who == ""


def check(transition: Transition) -> None:
    before, after = transition.before, transition.alert.state
    if before in (AlertState.RAISED, AlertState.CLEARED) and after in (AlertState.ACKNOWLEDGED, AlertState.CLOSED):
        assert transition.action in BY_PEOPLE
        assert transition.who not in ("", SYSTEM)
    if after is AlertState.SHELVED:
        assert transition.alert.shelf is not None
    else:
        assert transition.alert.shelf is None
    if transition.action is None:
        assert before is after
    if after is AlertState.ACKNOWLEDGED:
        assert transition.alert.who


def test_that_a_problem_that_goes_waits_for_a_person_all_the_same():
    gone = calm(raised(), T0 + MINUTE)
    assert (gone.alert.state, gone.action) == (AlertState.CLEARED, AlertAction.CLEARED)
    assert gone.alert.waits
    assert after(gone.alert, acknowledge("ann")).state is AlertState.CLOSED


def test_that_a_problem_that_comes_back_before_anybody_looked_is_no_news():
    back = see(after(raised(), calm), bad(), T0 + MINUTE)
    assert (back.alert.state, back.action) == (AlertState.RAISED, AlertAction.RETURNED)
    assert back.action not in LOUD


def test_that_an_acknowledged_alert_ends_with_its_problem():
    assert after(raised(), acknowledge("ann"), calm).state is AlertState.CLOSED


@pytest.mark.parametrize("news", [bad(Severity.ALARM), bad(Severity.WARNING, "HotChannel")])
def test_that_a_worse_or_another_problem_alerts_again(news):
    seen = after(begin("x", bad(Severity.WARNING), T0, T0).alert, acknowledge("ann"))
    again = see(seen, news, T0 + MINUTE)
    assert (again.alert.state, again.action) == (AlertState.RAISED, AlertAction.RAISED_AGAIN)
    assert again.alert.who == ""
    assert "became" in again.reason


def test_that_the_same_problem_leaves_an_acknowledged_alert_alone_and_keeps_its_version():
    seen = after(raised(), acknowledge("ann"))
    still = see(seen, bad(at=T0 + 5 * MINUTE), T0 + 5 * MINUTE)
    assert still.action is None
    assert (still.alert.state, still.alert.version) == (AlertState.ACKNOWLEDGED, seen.version)
    assert still.alert.evidence.at == T0 + 5 * MINUTE


def test_that_what_was_held_back_is_raised_when_the_gate_opens_and_ends_untold_when_it_was_nothing():
    held = begin("x", bad(), T0, T0, "beam 3 nA < 10 nA").alert
    assert (held.state, held.reason) == (AlertState.SUPPRESSED, "beam 3 nA < 10 nA")
    opened = see(held, bad(), T0 + MINUTE)
    assert (opened.alert.state, opened.alert.reason, opened.action) == (AlertState.RAISED, "", AlertAction.RAISED)
    assert calm(held, T0 + MINUTE).alert.state is AlertState.CLOSED


def test_that_a_gate_hides_nothing_that_was_told():
    alert = raised()
    assert see_suppressed(alert, bad(), "beam 3 nA < 10 nA").alert is alert


def test_that_the_shelf_ends_and_the_alert_waits_again():
    put_away = after(raised(), shelve(shelf()))
    assert put_away.state is AlertState.SHELVED
    assert after(put_away, end_shelf).state is AlertState.RAISED
    assert after(put_away, calm, end_shelf).state is AlertState.CLEARED
    assert after(put_away, unshelve("ann")).state is AlertState.RAISED


@pytest.mark.parametrize(
    "until", [T0 + MINUTE, T0, T0 + MINUTE + LONGEST_SHELF + timedelta(seconds=1)], ids=["now", "past", "too long"]
)
def test_that_shelving_is_bounded(until):
    with pytest.raises(AlertRefusedError, match="30 days"):
        shelve(shelf(until))(raised(), T0 + MINUTE)


def test_that_shelving_needs_a_reason():
    with pytest.raises(AlertRefusedError, match="reason"):
        shelve(Shelf("ann", "  ", T0 + timedelta(hours=1)))(raised(), T0)


def test_that_an_acknowledgement_can_be_taken_back():
    assert after(raised(), acknowledge("ann"), undo_acknowledge("ann")).state is AlertState.RAISED
    over = after(raised(), calm, acknowledge("ann"))
    assert after(over, undo_acknowledge("bob")).state is AlertState.CLEARED
    with pytest.raises(AlertRefusedError, match="over"):
        undo_acknowledge("bob")(over, T0 + MINUTE + UNDO_WITHIN + MINUTE)


def test_that_the_second_of_two_people_is_told_what_the_first_did():
    alert = raised()
    seen = AlertKey(alert.alert_id, alert.version)
    done = after(alert, acknowledge("ann"))
    with pytest.raises(AlertRefusedError, match="acknowledged by ann"):
        check_version(done, seen)
    with pytest.raises(AlertRefusedError, match="acknowledged by ann"):
        acknowledge("bob")(done, T0)


def test_that_a_false_alarm_needs_a_verdict_and_a_harmless_class():
    assert harmless_label(DEFAULT_CLASSIFICATIONS) == "Good"
    assert harmless_label([default_classification("Ignore"), default_classification("Acceptable")]) == "Acceptable"
    with pytest.raises(AlertRefusedError, match="harmless"):
        harmless_label([default_classification("Bad"), default_classification("Ignore")])
    gone = Evidence(AlertKind.MISSING, Severity.WARNING, T0, words="no plot for 3 cycles")
    with pytest.raises(AlertRefusedError, match="no verdict"):
        false_alarm("ann", "Good")(begin("x", gone, T0, T0).alert, T0)
