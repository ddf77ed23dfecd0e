import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest
from sqlalchemy import update

from backend.domain.alert_actions import AlertKey, acknowledge, shelve, undo_acknowledge, unshelve
from backend.domain.alert_missed import MissedProblem
from backend.domain.alert_policy import USUAL_POLICY, AlertPolicy
from backend.domain.alert_views import AlertQuery
from backend.domain.alerts import SYSTEM, AlertAction, AlertKind, AlertState, Shelf
from backend.domain.beam import UNKNOWN_BEAM, beam_from_reading
from backend.domain.classifications import Severity
from backend.domain.errors import UnknownNameError
from backend.domain.labels import LabelHow, Reversal
from backend.store import Store
from backend.store.tables import alert_watches, alerts
from tests.fakes.alerts import Hall
from tests.samples import START, commit, judged, new_plot

OFF = beam_from_reading(3.0, 10.0, "nA")
TYPES = ("CDC_occupancy", "TOF_bars", "FCAL_occupancy")


def key(alert):
    return AlertKey(alert.alert_id, alert.version)


def only(store: Store):
    [alert] = store.alerts.open()
    return alert


def actions(store: Store, alert_id: int):
    return [event.action for event in store.alerts.events(alert_id)]


def test_that_a_verdict_raises_an_alert_with_all_that_a_person_needs(store: Store):
    hall = Hall(store)
    good = hall.judge(bad=False)
    bad = hall.judge(beam=beam_from_reading(152.0, 10.0, "nA"))
    alert = only(store)
    assert (alert.state, alert.plot_type, alert.group) == (AlertState.RAISED, "CDC_occupancy", ("Detector 0",))
    evidence = alert.evidence
    assert (evidence.classification, evidence.confidence, evidence.run) == ("Bad", 0.97, 42)
    assert (evidence.beam.value, evidence.plot_id) == (152.0, bad)
    detail = store.alerts.detail(alert.alert_id)
    assert detail.plot is not None
    assert detail.heat_map is not None
    assert detail.reference is not None
    assert (detail.plot.plot_id, detail.reference.plot_id) == (bad, good)
    assert (detail.info.contact, detail.info.guidance, detail.false_label) == ("CDC expert", "Check crate 3.", "Good")
    assert [(event.action, event.who) for event in detail.events] == [(AlertAction.RAISED, SYSTEM)]


def test_that_recording_again_changes_nothing(store: Store):
    hall = Hall(store, policy=AlertPolicy(needed=2, out_of=3))
    [stored] = commit(store, [new_plot(50)])
    outcome = judged(stored.plot, hall.models["CDC_occupancy"])
    for owner in ("a/1", "b/1", "a/1"):
        store.verdicts.record([outcome], owner)
    assert store.alerts.open() == [], "one plot counted once"
    hall.judge()
    assert len(store.alerts.open()) == 1


def test_that_a_batch_that_begins_and_ends_a_problem_keeps_every_step(store: Store):
    hall = Hall(store)
    plots = [kept.plot for kept in commit(store, [new_plot(number, chunk=number) for number in range(4)])]
    model = hall.models["CDC_occupancy"]
    outcomes = [judged(plot, model, bad) for plot, bad in zip(plots, (0.9, 0.1, 0.9, 0.1), strict=True)]
    store.verdicts.record(list(reversed(outcomes)), "a/1")
    alert = only(store)
    assert alert.state is AlertState.CLEARED
    steps = [AlertAction.RAISED, AlertAction.CLEARED, AlertAction.RETURNED, AlertAction.CLEARED]
    assert actions(store, alert.alert_id) == steps


def test_that_an_acknowledged_alert_closes_with_its_problem_and_the_next_one_is_new(store: Store):
    hall = Hall(store)
    hall.judge()
    first = only(store)
    outcome = store.alerts.act([key(first)], acknowledge("ann", "called the expert"))
    assert [alert.state for alert in outcome.changed] == [AlertState.ACKNOWLEDGED]
    hall.judge(bad=False)
    assert store.alerts.open() == []
    hall.judge()
    assert only(store).alert_id != first.alert_id
    events = store.alerts.events(first.alert_id)
    assert [(event.who, event.before, event.after) for event in events] == [
        (SYSTEM, None, AlertState.RAISED),
        ("ann", AlertState.RAISED, AlertState.ACKNOWLEDGED),
        (SYSTEM, AlertState.ACKNOWLEDGED, AlertState.CLOSED),
    ]
    assert events[1].reason == "called the expert"


def test_that_of_two_people_at_once_one_acts_and_the_other_is_told(store: Store):
    hall = Hall(store)
    hall.judge()
    seen, start = key(only(store)), threading.Barrier(2)

    def act(who):
        start.wait()
        return store.alerts.act([seen], acknowledge(who))

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(act, ["ann", "bob"]))
    assert Counter(len(outcome.changed) for outcome in outcomes) == {1: 1, 0: 1}
    [refusal] = [refusal for outcome in outcomes for refusal in outcome.refused]
    assert "acknowledged by" in refusal.why
    assert actions(store, seen.alert_id).count(AlertAction.ACKNOWLEDGED) == 1


def test_that_a_batch_does_what_fits_and_says_what_does_not(store: Store):
    hall = Hall(store, TYPES)
    for plot_type in TYPES:
        hall.judge(plot_type)
    found = sorted(store.alerts.open(), key=lambda alert: alert.alert_id)
    store.alerts.act([key(found[0])], acknowledge("bob"))
    outcome = store.alerts.act([*map(key, found), AlertKey(999, 1)], acknowledge("ann"))
    assert [alert.alert_id for alert in outcome.changed] == [found[1].alert_id, found[2].alert_id]
    assert [refusal.alert_id for refusal in outcome.refused] == [found[0].alert_id, 999]


def test_that_a_false_alarm_is_a_label_and_an_acknowledgement_or_neither(store: Store):
    hall = Hall(store)
    plot_id = hall.judge()
    alert = only(store)
    assert store.alerts.false_alarm(AlertKey(alert.alert_id, alert.version + 1), "ann").changed == ()
    assert store.labels.history(plot_id) == []
    outcome = store.alerts.false_alarm(key(alert), "ann")
    assert outcome.changed[0].state is AlertState.ACKNOWLEDGED
    [label] = store.labels.history(plot_id)
    assert (label.after, label.who, label.how) == ("Good", "ann", "false alarm")
    assert actions(store, alert.alert_id)[-1] is AlertAction.FALSE_ALARM


def test_that_the_shelf_ends_by_itself(store: Store):
    hall = Hall(store)
    hall.judge()
    now = datetime.now(UTC)
    store.alerts.act([key(only(store))], shelve(Shelf("ann", "known", now + timedelta(hours=1))))
    put_away = only(store)
    assert put_away.state is AlertState.SHELVED
    assert put_away.shelf is not None
    assert store.alerts.end_shelves() == 0
    hall.judge(bad=False)
    assert only(store).state is AlertState.SHELVED
    past = update(alerts).values(shelf_until=now - timedelta(seconds=1))
    store.database.write(lambda connection: connection.execute(past))
    assert store.alerts.end_shelves() == 1
    assert (only(store).state, only(store).who) == (AlertState.CLEARED, "")
    assert actions(store, put_away.alert_id)[-1] is AlertAction.SHELF_ENDED


def test_that_a_shelf_is_left_before_its_time_and_an_acknowledgement_is_taken_back(store: Store):
    hall = Hall(store)
    hall.judge()
    until = datetime.now(UTC) + timedelta(hours=1)
    store.alerts.act([key(only(store))], shelve(Shelf("ann", "known", until)))
    store.alerts.act([key(only(store))], unshelve("bob"))
    assert only(store).state is AlertState.RAISED
    store.alerts.act([key(only(store))], acknowledge("bob"))
    store.alerts.act([key(only(store))], undo_acknowledge("ann"))
    assert (only(store).state, only(store).who) == (AlertState.RAISED, "")


def test_that_what_is_over_comes_back_only_where_nothing_newer_is_open(store: Store):
    hall = Hall(store)
    hall.judge()
    hall.judge(bad=False)
    [over] = store.alerts.act([key(only(store))], acknowledge("ann")).changed
    assert not over.open
    hall.judge()
    [refusal] = store.alerts.act([key(over)], undo_acknowledge("ann")).refused
    assert "newer" in refusal.why


def test_that_who_asks_what_changed_misses_nothing(store: Store):
    hall = Hall(store, TYPES)
    seen = store.alerts.newest_change()
    hall.judge()
    [raised] = store.alerts.changed(seen)
    assert raised.state is AlertState.RAISED
    hall.judge("TOF_bars")
    store.alerts.act([key(raised)], acknowledge("ann"))
    hall.judge(bad=False)
    changed = store.alerts.changed(raised.change)
    assert [(alert.plot_type, alert.state) for alert in changed] == [
        ("TOF_bars", AlertState.RAISED),
        ("CDC_occupancy", AlertState.CLOSED),
    ]
    assert store.alerts.changed(store.alerts.newest_change()) == []


def test_that_changes_of_many_writers_at_once_are_all_seen_in_order(store: Store):
    hall = Hall(store, TYPES)
    seen: list[int] = []
    cursor, stop = [store.alerts.newest_change()], threading.Event()

    def follow():
        while True:
            last = stop.is_set()
            for alert in store.alerts.changed(cursor[0]):
                cursor[0] = max(cursor[0], alert.change)
                seen.append(alert.alert_id)
            if last:
                return

    with ThreadPoolExecutor(4) as pool:
        following = pool.submit(follow)
        list(pool.map(lambda name: Hall.judge(hall, name), TYPES))
        for alert in store.alerts.open():
            store.alerts.act([key(alert)], acknowledge("ann"))
        stop.set()
        following.result()
    assert set(seen) == {alert.alert_id for alert in store.alerts.open()}
    assert len(set(seen)) == len(TYPES)


def test_that_the_beam_gate_shows_what_it_holds_back_and_lets_it_out(store: Store):
    hall = Hall(store)
    for _ in range(3):
        hall.judge(beam=OFF)
    assert only(store).state is AlertState.SUPPRESSED
    assert only(store).reason == "beam 3 nA < 10 nA"
    [gate] = store.alerts.gates()
    assert (gate.why, gate.verdicts, gate.plot_types) == ("beam 3 nA < 10 nA", 3, 1)
    hall.judge(beam=UNKNOWN_BEAM)
    assert store.alerts.gates()[0].why == "the beam came back while this plot was taken"
    hall.judge(beam=UNKNOWN_BEAM)
    assert (only(store).state, only(store).reason) == (AlertState.RAISED, "")
    assert store.alerts.gates() == ()


def make_late(store: Store, *plot_types: str) -> None:
    """As if these had come every minute, and for an hour no more."""

    def write(connection):
        from backend.store.alert_codec import watch_text
        from backend.store.alert_recording import _watched

        for number, watched in _watched(connection, None).items():
            late = timedelta(hours=1 if watched.name in plot_types else 0)
            memory = replace(watched.watch, cycle_s=60.0, intervals=9, last_at=datetime.now(UTC) - late)
            mine = update(alert_watches).where(alert_watches.c.plot_type_id == number)
            connection.execute(mine.values(memory=watch_text(memory)))

    store.database.write(write)


def test_that_a_plot_that_does_not_come_raises_an_alert_until_it_comes(store: Store):
    hall = Hall(store, TYPES)
    for plot_type in TYPES:
        hall.judge(plot_type, bad=False)
    make_late(store, "TOF_bars")
    since = datetime.now(UTC) - timedelta(hours=2)
    store.alerts.note_missing(OFF, since)
    assert store.alerts.open() == []
    for _ in range(2):
        store.alerts.note_missing(UNKNOWN_BEAM, since)
    alert = only(store)
    assert (alert.plot_type, alert.evidence.kind, alert.state) == ("TOF_bars", AlertKind.MISSING, AlertState.RAISED)
    assert alert.evidence.words == "no plot for 3 cycles of 60 s"
    assert store.alerts.detail(alert.alert_id).false_label == ""
    hall.judge("TOF_bars", bad=False)
    assert only(store).state is AlertState.CLEARED


def test_that_a_silent_hall_is_not_one_alert_for_every_plot(store: Store):
    hall = Hall(store, TYPES)
    for plot_type in TYPES:
        hall.judge(plot_type, bad=False)
    make_late(store, *TYPES)
    store.alerts.note_missing(UNKNOWN_BEAM, datetime.now(UTC) - timedelta(hours=2))
    assert store.alerts.open() == []


def test_that_history_is_filtered_and_paged_newest_first(store: Store):
    hall = Hall(store, TYPES)
    for plot_type in TYPES:
        hall.judge(plot_type)
    everything = store.alerts.history(AlertQuery())
    assert [alert.plot_type for alert in everything] == list(reversed(TYPES))
    assert [alert.plot_type for alert in store.alerts.history(AlertQuery("OCC"))] == [TYPES[2], TYPES[0]]
    assert store.alerts.history(AlertQuery("no such plot")) == []
    older = store.alerts.history(AlertQuery(before=everything[0].raised_at, limit=1))
    assert [alert.plot_type for alert in older] == [TYPES[1]]


def test_that_a_policy_is_kept_with_its_history(store: Store):
    store.plot_types.ensure("CDC_occupancy")
    assert store.alerts.policy("CDC_occupancy") == USUAL_POLICY
    own = AlertPolicy(
        Severity.WARNING, MappingProxyType({"LED": Severity.WARNING}), 3, 5, 60, 120, False, 12.5, 2, 90, 4, 300.0, 7
    )
    for _ in range(2):
        store.alerts.set_policy("CDC_occupancy", own, "ann", "flickers")
    assert store.alerts.policy("CDC_occupancy") == own
    store.alerts.set_policy("CDC_occupancy", AlertPolicy(), "bob")
    first, second = store.alerts.policy_history("CDC_occupancy")
    assert (first.before, first.after, first.who, first.reason) == (None, own, "ann", "flickers")
    assert (second.before, second.after, second.who) == (own, AlertPolicy(), "bob")
    with pytest.raises(UnknownNameError):
        store.alerts.policy("no such plot")


def test_that_alerts_and_memories_survive_a_restart(store_url: str, tmp_path):
    with Store.open(store_url, tmp_path) as store:
        hall = Hall(store, TYPES[:2], AlertPolicy(needed=2, out_of=3))
        for plot_type in (TYPES[0], TYPES[0], TYPES[1]):
            hall.judge(plot_type)
        before = only(store)
    with Store.open(store_url, tmp_path) as store:
        assert only(store) == before
        [stored] = commit(store, [new_plot(900, TYPES[1])])
        store.verdicts.record([judged(stored.plot, store.models.in_force()[TYPES[1]])], "b/1")
        assert sorted(alert.plot_type for alert in store.alerts.open()) == sorted(TYPES[:2])


def test_that_the_usual_policy_holds_where_there_is_no_other_and_at_once(store: Store):
    hall = Hall(store, TYPES[:2])
    for plot_type in TYPES[:2]:
        store.alerts.set_policy(plot_type, None, "ann", "as all others")
    assert not store.alerts.policy_view("TOF_bars").own
    hall.judge("TOF_bars")
    assert store.alerts.open() == [], "two of three by default"
    store.alerts.set_policy("", AlertPolicy(needed=1, out_of=1), "ann", "every one counts now")
    hall.judge("CDC_occupancy")
    assert [alert.plot_type for alert in store.alerts.open()] == ["CDC_occupancy"]
    view = store.alerts.policy_view("")
    assert (view.policy.needed, view.own, view.history[-1].reason) == (1, True, "every one counts now")
    assert [change.reason for change in store.alerts.policy_view("TOF_bars").history][-1] == (
        "as usual again: as all others"
    )
    assert "Bad" in {known.name for known in store.alerts.policy_view("TOF_bars").classifications}


def test_that_a_policy_is_tried_on_the_plots_that_came(store: Store):
    hall = Hall(store)
    for bad in (False, True, False, True, True, False):
        hall.judge(bad=bad)
    hall.judge(beam=OFF)
    days = (datetime.now(UTC) - START).days + 2.0
    trials = store.alerts.try_policy("CDC_occupancy", USUAL_POLICY, days)
    assert (trials.now.plots, trials.proposed.plots) == (7, 7)
    [first], [second] = trials.now.raised, trials.proposed.raised
    assert (first.plot_id, second.plot_id) == (2, 4), (
        "the policy in force needs one verdict, the usual one two of three"
    )
    assert store.alerts.try_policy("CDC_occupancy", USUAL_POLICY, 1e-9).proposed.plots == 0
    with pytest.raises(UnknownNameError):
        store.alerts.try_policy("no such plot", USUAL_POLICY, 1.0)


def saw(plot_id, classification="Bad", note="a ring of hot cells"):
    return MissedProblem(uuid.uuid4(), "CDC_occupancy", plot_id, classification, "ann", datetime.now(UTC), note)


def test_that_what_a_person_saw_is_an_alert_and_a_label_once_and_no_verdict_ends_it(store: Store):
    hall = Hall(store)
    plot_id = hall.judge(bad=False)
    missed = saw(plot_id)
    for _ in range(2):
        raised = store.alerts.missed_problem(missed)
    assert (raised.state, raised.evidence.kind, raised.evidence.plot_id) == (
        AlertState.RAISED, AlertKind.MISSED, plot_id,
    )  # fmt: skip
    [event] = store.alerts.events(raised.alert_id)
    assert (event.who, event.reason, event.action) == ("ann", "a ring of hot cells", AlertAction.RAISED)
    [label] = store.labels.history(plot_id)
    assert (label.after, label.how, label.comment) == ("Bad", "missed problem", "a ring of hot cells")
    for _ in range(4):
        hall.judge(bad=False)
    assert only(store).state is AlertState.RAISED
    detail = store.alerts.detail(raised.alert_id)
    assert detail.plot is not None
    assert detail.plot.plot_id == plot_id
    [done] = store.alerts.act([key(raised)], acknowledge("bob")).changed
    assert done.state is AlertState.CLOSED


def test_that_the_label_of_a_missed_problem_can_be_undone_like_any_other(store: Store):
    hall = Hall(store)
    missed = saw(hall.judge(bad=False))
    store.alerts.missed_problem(missed)
    [step] = store.gestures.steps("CDC_occupancy", "ann")
    assert (step.key, step.how) == (missed.key, LabelHow.MISSED)
    back = Reversal(uuid.uuid4(), "CDC_occupancy", "ann", datetime.now(UTC), missed.key, LabelHow.UNDONE)
    store.gestures.revert(back)
    assert store.labels.history(missed.plot_id)[-1].after is None


def test_that_a_missed_problem_of_nothing_there_is_raises_nothing(store: Store):
    hall = Hall(store)
    plot_id = hall.judge(bad=False)
    for wrong in (saw(999), saw(plot_id, "no such class")):
        with pytest.raises(UnknownNameError):
            store.alerts.missed_problem(wrong)
    assert (store.alerts.open(), store.labels.history(plot_id)) == ([], [])


def test_that_figures_are_of_what_happened_with_the_model_that_judged(store: Store):
    hall = Hall(store)
    hall.judge()
    store.alerts.false_alarm(key(only(store)), "ann")
    found = store.alerts.figures(1.0)
    assert (found.alerts, found.false_alarms, found.unanswered, found.operators) == (1, 1, 0, (("ann", 1),))
    [offender] = found.offenders
    assert offender.models == ((hall.models["CDC_occupancy"].model_id, 1, 1),)
    assert (offender.plot_type, store.alerts.figures(1e-9).alerts) == ("CDC_occupancy", 0)


def test_that_history_is_filtered_by_who_did_something_and_when(store: Store):
    hall = Hall(store, TYPES)
    for plot_type in TYPES:
        hall.judge(plot_type)
    first, second, third = sorted(store.alerts.open(), key=lambda alert: alert.alert_id)
    store.alerts.act([key(first)], acknowledge("Ann_B"))
    store.alerts.act([key(second)], acknowledge("bob"))

    def found(**given):
        return {alert.alert_id for alert in store.alerts.history(AlertQuery(**given))}

    assert found(who="ann_") == {first.alert_id}
    assert found(who="%") == set(), "no wild cards"
    assert found(who=SYSTEM) == set()
    assert found(who="bob", text="tof") == {second.alert_id}
    assert found(since=third.raised_at) == {third.alert_id}
