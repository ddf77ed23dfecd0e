"""Alerts about the hall, on both kinds of store: whoever looks, there is one, and no station can spoil another's."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from backend.domain.alert_actions import AlertKey, acknowledge, undo_acknowledge
from backend.domain.alert_views import AlertQuery
from backend.domain.alerts import SYSTEM, AlertAction, AlertKind, AlertState, Evidence, begin, calm
from backend.domain.classifications import Severity
from backend.domain.hall_facts import DATABASE, FEED, JUDGING, Lookout
from backend.domain.hall_policy import USUAL_HALL_POLICY, HallPolicy
from backend.domain.stations import StationRole
from backend.store import Store
from backend.store.stations import Entering, Stations
from backend.store.tables import runs, stations, work
from tests.fakes.alerts import Hall
from tests.samples import OWNER, commit

LONG = Lookout(3600.0, 3600.0)


@pytest.fixture
def hall(store: Store):
    made = Hall(store)
    made.judge(bad=False)
    seen_now(store)
    return made


def seen_now(store, ago_s=0.0):
    """As if the newest plot had come so many seconds ago."""
    moment = datetime.now(UTC) - timedelta(seconds=ago_s)
    store.database.write(lambda connection: connection.execute(update(runs).values(last_seen=moment)))


def enter(store, name, role, ago_s=0.0):
    """A station of another program, last heard of so many seconds ago."""
    other = Stations(store.database)
    other.enter(name, Entering(role, host=f"{name}-host"))
    moment = datetime.now(UTC) - timedelta(seconds=ago_s)
    mine = update(stations).where(stations.c.name == name).values(heartbeat_at=moment)
    store.database.write(lambda connection: connection.execute(mine))
    return other


def open_by_subject(store):
    return {alert.subject: alert for alert in store.alerts.open()}


def test_that_of_many_stations_one_raises_the_alert(store: Store, hall):
    seen_now(store, 3000)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda name: store.hall_alerts.mind(f"s{name}", LONG), range(12)))
    assert done.count(True) == 1
    [alert] = store.alerts.open()
    assert (alert.plot_type, alert.subject, alert.evidence.kind) == ("", FEED, AlertKind.SILENT)
    assert alert.evidence.severity is Severity.ALARM
    assert [event.action for event in store.alerts.events(alert.alert_id)] == [AlertAction.RAISED]
    detail = store.alerts.detail(alert.alert_id)
    assert detail.plot is None
    assert "Check that the run goes on" in detail.info.guidance
    assert store.alerts.history(AlertQuery("FEE")) == [alert]
    assert store.alerts.history(AlertQuery("occ")) == []


def test_that_a_station_which_has_just_come_neither_raises_nor_ends_it(store: Store, hall):
    seen_now(store, 3000)
    assert not store.hall_alerts.mind("new", Lookout(5.0, 5.0))
    store.hall_alerts.mind("old", LONG)
    assert not store.hall_alerts.mind("new", Lookout(5.0, 5.0))
    assert open_by_subject(store)[FEED].active
    seen_now(store)
    assert store.hall_alerts.mind("new", Lookout(5.0, 5.0))
    assert open_by_subject(store)[FEED].state is AlertState.CLEARED


def test_that_a_dead_station_alerts_until_it_is_back_and_can_be_taken_back_like_any_alert(store: Store, hall):
    enter(store, "engine-1", StationRole.ENGINE)
    feeder = enter(store, "feeder-1", StationRole.FEEDER, 200)
    store.hall_alerts.mind("engine-1", LONG)
    [alert] = store.alerts.open()
    assert (alert.subject, alert.evidence.severity) == ("feeder-1", Severity.WARNING)
    assert alert.evidence.words == "feeder on feeder-1-host, not heard of any more"
    key = AlertKey(alert.alert_id, alert.version)
    store.alerts.act([key], acknowledge("ann"))
    feeder.heartbeat("feeder-1")
    assert store.hall_alerts.mind("engine-1", LONG)
    assert store.alerts.open() == []
    [over] = store.alerts.history(AlertQuery())
    [taken] = store.alerts.act([AlertKey(over.alert_id, over.version)], undo_acknowledge("ann")).changed
    assert taken.state is AlertState.CLEARED
    enter(store, "feeder-1", StationRole.FEEDER, 200)
    store.hall_alerts.mind("engine-1", LONG)
    assert [event.action for event in store.alerts.events(alert.alert_id)][-1] is AlertAction.RETURNED


def test_that_plots_nobody_judges_alert_and_those_given_back_say_of_which_type(store: Store, hall):
    from tests.samples import new_plot

    old = datetime.now(UTC) - timedelta(seconds=600)
    commit(store, [replace(new_plot(90), received_at=old)])
    enter(store, "feeder-1", StationRole.FEEDER)
    store.hall_alerts.mind("feeder-1", LONG)
    assert "no engine runs" in open_by_subject(store)[JUDGING].evidence.words
    enter(store, "engine-1", StationRole.ENGINE)
    hall.judge(bad=False)
    seen_now(store)
    store.hall_alerts.mind("feeder-1", LONG)
    assert open_by_subject(store)[JUDGING].state is AlertState.CLEARED, "the queue moves"
    waiting = store.database.read(lambda connection: list(connection.scalars(work.select())))
    store.work.postpone(waiting, OWNER, 500)
    store.hall_alerts.mind("feeder-1", LONG)
    found = open_by_subject(store)[JUDGING]
    assert found.state is AlertState.RAISED
    assert found.evidence.words == "plots of CDC_occupancy cannot be judged"


def outage(minutes=(30, 20), acknowledged_by=""):
    """What a station's own alert went through while the database was away."""
    first, last = (datetime.now(UTC) - timedelta(minutes=one) for one in minutes)
    evidence = Evidence(AlertKind.DATABASE, Severity.ALARM, first, words="away since 13:42")
    life = [begin("", evidence, first, first, subject=DATABASE)]
    life[0] = replace(life[0], alert=replace(life[0].alert, alert_id=-1))
    if acknowledged_by:
        life.append(acknowledge(acknowledged_by)(life[-1].alert, first + timedelta(minutes=1)))
    seen = replace(life[-1].alert, evidence=replace(evidence, at=last))
    return [*life, calm(seen, last)]


def test_that_an_outage_is_entered_once_with_its_own_times_whoever_noticed_it(store: Store):
    life, ticket = outage(), uuid.uuid4()
    for _ in range(2):
        store.hall_alerts.enter_outage("a", life, ticket)
    [alert] = store.alerts.open()
    assert (alert.subject, alert.state, alert.since) == (DATABASE, AlertState.CLEARED, life[0].alert.since)
    events = store.alerts.events(alert.alert_id)
    assert [event.action for event in events] == [AlertAction.RAISED, AlertAction.CLEARED]
    assert [event.at for event in events] == [step.alert.changed_at for step in life]
    store.hall_alerts.enter_outage("b", outage((29, 20)), uuid.uuid4())
    assert [one.alert_id for one in store.alerts.open()] == [alert.alert_id]
    store.hall_alerts.enter_outage("c", outage((29, 20), "ann"), uuid.uuid4())
    assert store.alerts.open() == []
    events = store.alerts.events(alert.alert_id)
    assert [event.who for event in events] == [SYSTEM, SYSTEM, "ann"]
    store.hall_alerts.enter_outage("d", outage((28, 20)), uuid.uuid4())
    assert len(store.alerts.history(AlertQuery())) == 1, "it is the same outage, though over and acknowledged"


def test_that_a_second_outage_before_anybody_came_is_the_same_alert_again(store: Store):
    store.hall_alerts.enter_outage("a", outage((60, 50)), uuid.uuid4())
    store.hall_alerts.enter_outage("a", outage((30, 20)), uuid.uuid4())
    [alert] = store.alerts.open()
    actions = [event.action for event in store.alerts.events(alert.alert_id)]
    assert actions == [AlertAction.RAISED, AlertAction.CLEARED, AlertAction.RETURNED, AlertAction.CLEARED]


def test_that_the_policy_of_the_hall_is_kept_with_its_history(store: Store):
    assert store.hall_alerts.policy() == USUAL_HALL_POLICY
    own = HallPolicy(silent_after_s=300.0)
    for _ in range(2):
        store.hall_alerts.set_policy(own, "ann", "plots come every minute")
    assert store.hall_alerts.policy() == own
    [change] = store.hall_alerts.policy_history()
    assert (change.before, change.who, change.reason) == (None, "ann", "plots come every minute")
