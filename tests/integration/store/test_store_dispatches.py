"""What is to be told, on both kinds of database: once for the hall, by one station, until it is done or over."""

import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from backend.domain.alert_actions import AlertKey, acknowledge, shelve, undo_acknowledge
from backend.domain.alerts import Shelf
from backend.domain.dispatches import Outcome
from backend.domain.escalation import Plan, Route, Tier, due
from backend.store import Store
from tests.fakes.alerts import Hall

PLAN = Plan((Route("all", (Tier(timedelta(), ("mail",)), Tier(timedelta(minutes=2), ("room", "chat")))),), zone=UTC)
ROOM = {"room": "control-room"}
NOW, LATER = timedelta(), timedelta(minutes=3)
ALL = ("mail", "chat")


def plan(store: Store, after: timedelta = NOW) -> None:
    store.dispatches.plan(due(PLAN, store.dispatches.cases(), datetime.now(UTC) + after), ROOM)


def claim(store: Store, owner: str = "a", pause_s: float = 0.0):
    return store.dispatches.claim(owner, ALL, 60.0, pause_s)


def act(store: Store, act) -> None:
    keys = [AlertKey(alert.alert_id, alert.version) for alert in store.alerts.open()]
    assert store.alerts.act(keys, act).changed


@pytest.fixture
def hall(store: Store) -> Hall:
    hall = Hall(store, ("CDC_occupancy", "FDC_cathodes"))
    hall.judge()
    return hall


def test_that_a_raised_alert_is_a_case_with_the_entry_that_told_it(store, hall):
    [case] = store.dispatches.cases()
    [event] = store.alerts.events(case.alert_id)
    assert (case.plot_type, case.group, case.told_at) == ("CDC_occupancy", ("Detector 0",), event.at)


def test_that_however_often_it_is_planned_it_is_told_once(store, hall):
    for _ in range(3):
        plan(store)
    [batch] = claim(store)
    assert len(batch.dispatches) == 1
    store.dispatches.succeeded(batch, "mail", "accepted", uuid.uuid4())
    plan(store)
    assert claim(store) == []
    [note] = store.dispatches.notes(batch.dispatches[0].alert_id)
    assert (note.destination, note.outcome, note.tier, note.words) == ("mail", Outcome.SENT, 1, "accepted")


def test_that_several_alerts_go_in_one_message(store, hall):
    hall.judge("FDC_cathodes")
    plan(store)
    [batch] = claim(store)
    assert len(batch.dispatches) == 2


def test_that_what_one_station_sends_no_other_takes(store, hall, store_url, tmp_path):
    plan(store)
    taken, ready = [], threading.Barrier(4)

    def take(name: str) -> None:
        with Store.open(store_url, tmp_path) as mine:
            ready.wait()
            taken.extend(claim(mine, name))

    threads = [threading.Thread(target=take, args=(f"station {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1


def test_that_a_killed_station_leaves_it_to_others_when_its_lease_ends(store, hall):
    plan(store)
    [first] = store.dispatches.claim("killed", ALL, 0.0, 0.0)
    [second] = claim(store, "b")
    assert second.dispatches[0].dispatch_id == first.dispatches[0].dispatch_id
    assert second.attempts == 2


def test_that_a_failure_waits_is_recorded_and_given_up_in_the_end(store, hall):
    plan(store)
    [batch] = claim(store)
    store.dispatches.failed(batch, "mail", "server refused", uuid.uuid4(), timedelta(hours=1))
    assert claim(store) == []
    [note] = store.dispatches.notes(batch.dispatches[0].alert_id)
    assert (note.outcome, note.words) == (Outcome.FAILED, "server refused")
    plan(store, LATER)
    chat = next(one for one in claim(store) if one.destination == "chat")
    store.dispatches.failed(chat, "webhook", "no such host", uuid.uuid4(), None)
    assert claim(store) == []
    assert store.dispatches.notes(batch.dispatches[0].alert_id)[-1].outcome is Outcome.GIVEN_UP


def test_that_a_repeated_commit_writes_nothing_twice(store, hall):
    plan(store)
    [batch], ticket = claim(store), uuid.uuid4()
    for _ in range(2):
        store.dispatches.succeeded(batch, "mail", "accepted", ticket)
    assert len(store.dispatches.notes(batch.dispatches[0].alert_id)) == 1


@pytest.mark.parametrize(
    "ending",
    [
        acknowledge("shift"),
        shelve(Shelf("shift", "known", datetime.now(UTC) + timedelta(hours=1))),
    ],
)
def test_that_acknowledging_or_shelving_ends_it(store, hall, ending):
    plan(store)
    act(store, ending)
    assert store.dispatches.cases() == []
    assert claim(store) == []
    store.dispatches.end_over()
    act(store, undo_acknowledge("shift")) if store.alerts.open()[0].who else None
    assert claim(store) == []


def test_that_a_problem_that_is_gone_ends_it_and_goes_on_where_it_was_when_it_is_back(store, hall):
    plan(store)
    [batch] = claim(store)
    store.dispatches.succeeded(batch, "mail", "", uuid.uuid4())
    hall.judge(bad=False)
    assert store.dispatches.cases() == []
    hall.judge()
    plan(store, LATER)
    assert [one.destination for one in claim(store)] == ["chat"]


def test_that_an_acknowledgement_taken_back_begins_anew(store, hall):
    plan(store)
    [batch] = claim(store)
    store.dispatches.succeeded(batch, "mail", "", uuid.uuid4())
    act(store, acknowledge("shift"))
    act(store, undo_acknowledge("shift"))
    plan(store)
    assert [one.destination for one in claim(store)] == ["mail"]


def test_that_nobody_is_told_again_within_the_pause(store, hall):
    plan(store)
    [batch] = claim(store)
    store.dispatches.succeeded(batch, "mail", "", uuid.uuid4())
    hall.judge("FDC_cathodes")
    plan(store)
    assert claim(store, pause_s=60.0) == []
    assert [one.destination for one in claim(store)] == ["mail"]


def test_that_stations_of_the_role_are_loud_until_somebody_acknowledges(store, hall):
    [case] = store.dispatches.cases()
    assert store.dispatches.escalated("control-room") == frozenset()
    for _ in range(2):
        plan(store, LATER)
    assert store.dispatches.escalated("control-room") == {case.alert_id}
    assert store.dispatches.escalated("office") == frozenset()
    assert [note.kind for note in store.dispatches.notes(case.alert_id)] == ["stations"]
    act(store, acknowledge("shift"))
    assert store.dispatches.escalated("control-room") == frozenset()


def test_that_what_a_person_sent_is_in_the_story_of_the_alert(store, hall):
    [case] = store.dispatches.cases()
    store.dispatches.record("expert", "shift log", "elog", Outcome.LOGGED, "entry 17", case.alert_id)
    detail = store.alerts.detail(case.alert_id)
    [note] = detail.dispatches
    assert (note.who, note.destination, note.outcome, note.words) == ("expert", "shift log", Outcome.LOGGED, "entry 17")
