"""What is said of the hall: only what the station that looks can know, and calm only with proof."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backend.domain.alert_actions import acknowledge
from backend.domain.alert_watch import Ruling
from backend.domain.alerts import AlertAction, AlertKind, AlertState
from backend.domain.beam import UNKNOWN_BEAM, beam_from_reading
from backend.domain.hall_facts import FEED, JUDGING, HallFacts, Lookout
from backend.domain.hall_following import decide
from backend.domain.hall_policy import HallPolicy
from backend.domain.hall_watch import look
from backend.domain.incidents import SIGHT, incidents
from backend.domain.stations import Station, StationRole

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
POLICY = HallPolicy()
LONG = Lookout(3600.0, 3600.0)
ENGINE = Station("hall-d", StationRole.ENGINE, NOW, NOW, 1.0, host="daq1")


def ago(seconds):
    return NOW - timedelta(seconds=seconds)


def facts(**given):
    return HallFacts(NOW, **{"newest_plot_at": ago(20), "stations": (ENGINE,)} | given)


def ruling(kind, found, eyes=LONG, policy=POLICY):
    rulings = [finding.ruling for finding in look(found, policy, eyes) if finding.kind is kind]
    return rulings[0] if rulings else None


def dead(name="hall-d-2", age_s=120.0, role=StationRole.FEEDER, **given):
    return Station(name, role, NOW, ago(age_s), age_s, host="daq2", **given)


@pytest.mark.parametrize(
    ("newest", "eyes", "expected"),
    [
        (20, LONG, Ruling.CALM),
        (700, LONG, Ruling.PROBLEM),
        (700, Lookout(3600.0, 30.0), None),
        (700, Lookout(30.0, 3600.0), None),
        (700, Lookout(3600.0, 3600.0, beam_from_reading(3.0, 10.0, "nA")), None),
        (700, Lookout(3600.0, 3600.0, UNKNOWN_BEAM), Ruling.PROBLEM),
    ],
)
def test_that_a_silent_feed_is_told_by_who_has_watched_it_with_beam(newest, eyes, expected):
    assert ruling(AlertKind.SILENT, facts(newest_plot_at=ago(newest)), eyes) is expected


def test_that_a_hall_without_any_plot_yet_is_not_silent():
    assert ruling(AlertKind.SILENT, facts(newest_plot_at=None)) is None


@pytest.mark.parametrize(
    ("station", "seen_s", "expected"),
    [
        (dead(), 3600.0, Ruling.PROBLEM),
        (dead(), 20.0, None),
        (dead(age_s=30.0), 3600.0, None),
        (dead(age_s=2.0), 3600.0, Ruling.CALM),
        (dead(stopped=True), 3600.0, Ruling.CALM),
        (dead(role=StationRole.ENGINE), 3600.0, Ruling.PROBLEM),
        (dead(role=StationRole.WINDOW), 3600.0, None),
        (dead(age_s=3 * 86_400.0), 1e7, None),
        (dead(age_s=8 * 86_400.0), 1e7, Ruling.CALM),
    ],
)
def test_that_an_engine_or_feeder_that_died_is_missed_and_one_that_said_goodbye_is_not(station, seen_s, expected):
    found = look(facts(stations=(ENGINE, station)), POLICY, Lookout(seen_s, seen_s))
    assert [one.ruling for one in found if one.subject == station.name] == ([expected] if expected else [])


def test_that_no_engine_is_told_while_plots_wait_or_engines_died():
    waiting = facts(stations=(), waiting=5, waiting_since=ago(300))
    assert ruling(AlertKind.JUDGING, waiting) is Ruling.PROBLEM
    assert ruling(AlertKind.JUDGING, waiting, Lookout(10.0)) is None
    assert ruling(AlertKind.JUDGING, facts(stations=(dead(role=StationRole.ENGINE, age_s=300),))) is Ruling.PROBLEM
    left = dead(role=StationRole.ENGINE, age_s=300, stopped=True)
    assert ruling(AlertKind.JUDGING, facts(stations=(left,))) is Ruling.CALM


def test_that_inference_fails_where_nothing_is_judged_but_not_where_a_long_queue_moves():
    slow = facts(waiting=900, waiting_since=ago(4000), judged_at=ago(3))
    assert ruling(AlertKind.JUDGING, slow) is Ruling.CALM
    assert ruling(AlertKind.JUDGING, replace(slow, judged_at=ago(200))) is Ruling.PROBLEM
    stuck = replace(slow, stuck=("CDC_occupancy",), stuck_since=ago(400))
    [words] = [one.words for one in look(stuck, POLICY, LONG) if one.ruling is Ruling.PROBLEM]
    assert words == "plots of CDC_occupancy cannot be judged"


def test_that_what_nobody_wants_to_be_told_ends():
    off = HallPolicy(0.0, 0.0, 0.0)
    found = look(facts(newest_plot_at=ago(9000), stations=(dead(),), waiting=3, waiting_since=ago(9000)), off, LONG)
    assert {one.ruling for one in found} == {Ruling.CALM}


@pytest.mark.parametrize("wrong", [{"silent_after_s": 3.0}, {"station_after_s": 1e6}, {"database_after_s": -1.0}])
def test_that_a_policy_says_what_it_accepts(wrong):
    with pytest.raises(ValueError, match="accepted is"):
        HallPolicy(**wrong)


def step(alert, found):
    standing = {} if alert is None else {(alert.evidence.kind, alert.subject): alert}
    return decide(look(found, POLICY, LONG), standing, UNKNOWN_BEAM, NOW)


def test_that_a_silence_is_one_alert_that_ends_with_the_next_plot_and_waits_for_a_person():
    silent = facts(newest_plot_at=ago(700))
    [raised] = step(None, silent)
    assert (raised.alert.name, raised.alert.since, raised.action) == (FEED, ago(700), AlertAction.RAISED)
    assert step(raised.alert, silent) == []
    [cleared] = step(raised.alert, facts())
    assert cleared.alert.state is AlertState.CLEARED
    [back] = step(cleared.alert, silent)
    assert back.action is AlertAction.RETURNED
    taken = acknowledge("ann")(back.alert, NOW).alert
    assert step(taken, silent) == []
    assert step(taken, facts())[0].alert.state is AlertState.CLOSED


def test_that_alerts_about_the_hall_are_an_incident_of_their_own_and_no_flood():
    stations = tuple(dead(f"feeder-{number}") for number in range(14))
    alerts = [
        replace(one.alert, alert_id=number, raised_at=NOW)
        for number, one in enumerate(step(None, facts(stations=(ENGINE, *stations))), 1)
    ]
    [incident] = incidents(alerts)
    assert (incident.title, len(incident.alerts)) == (SIGHT, 14)
    assert JUDGING not in {alert.subject for alert in alerts}
