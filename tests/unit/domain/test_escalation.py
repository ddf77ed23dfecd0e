"""Who is told, when, and who is left to sleep."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from backend.domain.classifications import Severity
from backend.domain.dispatches import ATTEMPTS, wait_after
from backend.domain.escalation import USUAL_TIERS, Case, DayPart, Plan, QuietHours, Route, Tier, due, steps, within

TOLD = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
NAMES = ("control room", "expert", "coordinator")
TIERS = tuple(Tier(after, (name,)) for after, name in zip(USUAL_TIERS, NAMES, strict=True))
ROUTE = Route("all", TIERS)
CASE = Case(1, 7, TOLD, "CDC_occupancy", ("Tracking", "CDC"), Severity.ALARM)


def plan(*routes, **given):
    return Plan(routes or (ROUTE,), zone=UTC, **given)


def minutes(found):
    return [((step.due_at - TOLD) / timedelta(minutes=1), step.destination) for step in found]


def test_that_the_next_in_line_is_told_after_2_5_and_10_minutes():
    assert minutes(steps(plan(), CASE)) == [(2, "control room"), (5, "expert"), (10, "coordinator")]


@pytest.mark.parametrize(("after_s", "told"), [(119, 0), (120, 1), (299, 1), (300, 2), (600, 3)])
def test_that_a_step_is_due_from_its_time_on_and_not_before(after_s, told):
    assert len(due(plan(), [CASE], TOLD + timedelta(seconds=after_s))) == told


@pytest.mark.parametrize(
    ("given", "fits"),
    [
        ({"groups": ("tracking",)}, True),
        ({"groups": ("CDC",)}, True),
        ({"groups": ("Calorimeter",)}, False),
        ({"least": Severity.ALARM}, True),
        ({"run_types": ("Cosmic",)}, False),
        ({"run_types": ("physics", "cosmic")}, True),
    ],
)
def test_that_a_route_holds_for_its_groups_severities_and_run_types(given, fits):
    assert bool(steps(plan(replace(ROUTE, **given)), CASE, "Physics")) is fits


def test_that_a_warning_does_not_go_where_only_alarms_go():
    warning = replace(CASE, severity=Severity.WARNING)
    assert not steps(plan(replace(ROUTE, least=Severity.ALARM)), warning)


def test_that_an_unknown_run_type_hides_no_alert():
    assert len(steps(plan(replace(ROUTE, run_types=("physics",))), CASE, "")) == 3


@pytest.mark.parametrize(("hour", "told"), [(8, "day"), (6, "night"), (23, "night"), (18, "day")])
def test_that_day_and_night_go_by_the_clock_of_the_hall(hour, told):
    zone = ZoneInfo("America/New_York")
    routes = [Route(part.value, (Tier(timedelta(minutes=2), (part.value,)),), when=part) for part in list(DayPart)[1:]]
    at = datetime(2026, 11, 21, hour, 30, tzinfo=zone).astimezone(UTC)
    found = steps(Plan(tuple(routes), zone=zone), replace(CASE, told_at=at))
    assert [step.destination for step in found] == [told]


def test_that_a_tier_that_falls_into_the_night_is_one_of_the_night():
    day = replace(ROUTE, when=DayPart.DAY)
    late = replace(CASE, told_at=datetime(2026, 11, 21, 18, 56, tzinfo=UTC))
    assert [step.destination for step in steps(plan(day), late)] == ["control room"]


QUIET = QuietHours("expert", time(22), time(7), passes=Severity.ALARM)
AT_NIGHT = replace(CASE, told_at=datetime(2026, 11, 21, 23, 0, tzinfo=UTC), severity=Severity.WARNING)


def test_that_in_quiet_hours_a_role_is_told_when_they_end():
    found = steps(plan(quiet=(QUIET,), roles={"expert": "expert"}), AT_NIGHT)
    assert {step.destination: step.due_at for step in found}["expert"] == datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
    assert {step.destination: step.due_at for step in found}["coordinator"] == AT_NIGHT.told_at + timedelta(minutes=10)


def test_that_an_alarm_passes_quiet_hours_and_nothing_does_where_that_is_said():
    alarm = replace(AT_NIGHT, severity=Severity.ALARM)
    roles = {"expert": "expert"}
    assert steps(plan(quiet=(QUIET,), roles=roles), alarm)[1].due_at == alarm.told_at + timedelta(minutes=5)
    strict = replace(QUIET, passes=None)
    assert steps(plan(quiet=(strict,), roles=roles), alarm)[-1].due_at.hour == 7


@pytest.mark.parametrize(
    ("at", "inside"), [(time(22), True), (time(3), True), (time(6, 59), True), (time(7), False), (time(12), False)]
)
def test_that_hours_may_go_over_midnight(at, inside):
    assert within(at, time(22), time(7)) is inside


def test_that_after_an_outage_each_destination_is_told_once_by_the_last_step():
    tiers = (*TIERS, Tier(timedelta(minutes=15), ("control room",)))
    found = due(plan(replace(ROUTE, tiers=tiers)), [CASE], TOLD + timedelta(hours=3))
    told = [(step.tier, step.destination) for step in found if not step.overtaken]
    assert told == [(2, "expert"), (3, "coordinator"), (4, "control room")]
    assert [step.tier for step in found if step.overtaken] == [1]


def test_that_failures_are_tried_again_ever_later_and_not_for_ever():
    waits = [wait_after(attempts) for attempts in range(1, ATTEMPTS + 1)]
    assert waits[0] == timedelta(seconds=30)
    assert waits[-1] is None
    known = [wait for wait in waits if wait is not None]
    assert known == sorted(known)
    assert sum(known, timedelta()) > timedelta(minutes=45)
