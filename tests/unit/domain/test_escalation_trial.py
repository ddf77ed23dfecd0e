"""What would have been sent: on stories made up for it, and on a simulated week of a hall."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backend.domain.alert_actions import acknowledge
from backend.domain.alert_following import follow
from backend.domain.alert_policy import AlertPolicy
from backend.domain.alert_views import AlertEvent
from backend.domain.alert_watch import Watch, observe
from backend.domain.alerts import Alert, AlertAction, AlertKind, AlertState, Evidence
from backend.domain.classifications import Severity
from backend.domain.escalation import USUAL_TIERS, Plan, Route, Tier
from backend.domain.escalation_trial import AlertLife, would_send
from tests.fakes.hall_week import CYCLES, PLOT_TYPES, START, Week

AT = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
MINUTE, WEEK = timedelta(minutes=1), timedelta(days=7)
NAMES = ("room", "expert", "coordinator")
PLAN = Plan((Route("all", tuple(Tier(after, (to,)) for after, to in zip(USUAL_TIERS, NAMES, strict=True))),), zone=UTC)
RAISED, CLEARED, BACK, ACKNOWLEDGED = (
    (AlertAction.RAISED, AlertState.RAISED), (AlertAction.CLEARED, AlertState.CLEARED),
    (AlertAction.RETURNED, AlertState.RAISED), (AlertAction.ACKNOWLEDGED, AlertState.ACKNOWLEDGED),
)  # fmt: skip
WORSE = (AlertAction.WORSENED, AlertState.RAISED)


def life(*story, number=1, severity=Severity.ALARM) -> AlertLife:
    """A story of (minutes, what happened); the last element may carry a severity."""
    evidence = Evidence(AlertKind.PROBLEM, severity, AT, "Bad")
    alert = Alert(number, f"plot {number}", AlertState.RAISED, evidence, AT, AT, AT)
    events = [
        AlertEvent(number, AT + minutes * MINUTE, "hydra", action, None, after, (*rest, severity)[0])
        for minutes, (action, after), *rest in story
    ]
    return AlertLife(alert, tuple(events))


def sent(*lives, plan=PLAN, pause=MINUTE, hours=24):
    found = would_send(plan, lives, AT - WEEK, AT + timedelta(hours=hours), pause)
    return [((one.at - AT) / MINUTE, one.destination, len(one.steps)) for one in found]


def test_that_nobody_who_is_acknowledged_within_two_minutes_is_told():
    assert sent(life((0, RAISED), (1.9, ACKNOWLEDGED))) == []


def test_that_the_tiers_go_up_until_somebody_acknowledges():
    assert sent(life((0, RAISED), (6, ACKNOWLEDGED))) == [(2, "room", 1), (5, "expert", 1)]
    assert len(sent(life((0, RAISED)))) == 3


def test_that_a_problem_that_comes_back_goes_on_where_it_was():
    story = life((0, RAISED), (3, CLEARED), (30, BACK), (60, ACKNOWLEDGED))
    assert sent(story) == [(2, "room", 1), (30, "coordinator", 1), (30, "expert", 1)]


def test_that_a_worse_problem_takes_the_routes_of_the_worse():
    alarms = replace(PLAN.routes[0], least=Severity.ALARM)
    story = life((0, RAISED), (7, WORSE, Severity.ALARM), (20, ACKNOWLEDGED), severity=Severity.WARNING)
    assert sent(story, plan=replace(PLAN, routes=(alarms,))) == [
        (7, "expert", 1),
        (7, "room", 1),
        (10, "coordinator", 1),
    ]


def test_that_alerts_within_a_pause_are_one_message():
    lives = [life((number / 60, RAISED), number=number) for number in range(1, 31)]
    room = [one for one in sent(*lives) if one[1] == "room"]
    assert [count for _, _, count in room] == [1, 29]
    assert room[1][0] - room[0][0] == 1


def test_that_what_was_acknowledged_within_the_pause_is_left_out():
    lives = (life((0, RAISED), (9, ACKNOWLEDGED)), life((0.2, RAISED), (2.5, ACKNOWLEDGED), number=2))
    assert [one for one in sent(*lives) if one[1] == "room"] == [(2, "room", 1)]


def test_that_only_the_time_asked_for_is_told():
    assert sent(life((0, RAISED)), hours=0.05) == [(2, "room", 1)]


def findings_of(week: Week, cycles: int):
    """What it comes to for the alerts, plot by plot: plot type, when, findings."""
    policy, watches = AlertPolicy(grace_s=90), dict.fromkeys(range(PLOT_TYPES), Watch())
    found = []
    for _, plot_type, seen in week.sightings(cycles):
        watches[plot_type], findings = observe(watches[plot_type], policy, seen)
        found.append((plot_type, seen.at, findings))
    return found


class Crew:
    """Lives through a week and acknowledges each alert `answer` after it was raised."""

    def __init__(self, answer: timedelta) -> None:
        self._answer, self._numbers = answer, iter(range(1, 100_000))
        self._standing = {plot_type: {} for plot_type in range(PLOT_TYPES)}
        self._alerts, self._stories = {}, {}

    def live(self, findings) -> list[AlertLife]:
        for plot_type, at, found in findings:
            for alert in list(self._standing[plot_type].values()):
                if alert.state is AlertState.RAISED and at - alert.raised_at >= self._answer:
                    answered = alert.raised_at + self._answer
                    self._keep(acknowledge("shift")(alert, answered), answered)
            for transition in follow(found, self._standing[plot_type], str(plot_type), at):
                self._keep(transition, at)
        return [AlertLife(alert, tuple(self._stories[number])) for number, alert in self._alerts.items()]

    def _keep(self, transition, at):
        number = transition.alert.alert_id or next(self._numbers)
        alert = self._alerts[number] = replace(transition.alert, alert_id=number)
        mine = self._standing[int(alert.plot_type)]
        mine.pop(alert.evidence.kind, None)
        if alert.open:
            mine[alert.evidence.kind] = alert
        if transition.action is not None:
            who, action, severity = transition.who, transition.action, alert.evidence.severity
            event = AlertEvent(number, at, who, action, transition.before, alert.state, severity)
            self._stories.setdefault(number, []).append(event)


@pytest.mark.parametrize("days", [1, pytest.param(7, marks=pytest.mark.soak)])
def test_that_in_a_week_who_answers_soon_is_not_called_and_who_does_not_is_called_to_the_last(days):
    week, cycles = Week(), CYCLES * days // 7
    findings, until = findings_of(week, cycles), START + days * timedelta(days=1)

    def called(answer):
        found = would_send(PLAN, Crew(answer).live(findings), START, until, MINUTE)
        return Counter(step.destination for one in found for step in one.steps)

    assert called(timedelta(minutes=1)) == {}
    assert set(called(timedelta(minutes=4))) == {"room"}
    late = called(timedelta(hours=1))
    assert set(late) == set(NAMES)
    problems = sum(problem.first < cycles - 6 for problem in week.problems)
    assert problems <= late["room"] <= problems + 8 * days  # the true ones, and hardly anything else
