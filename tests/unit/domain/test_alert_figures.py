"""Figures on alerts, each on a history small enough to count by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.domain.alert_figures import FigureEvent, figures
from backend.domain.alerts import SYSTEM, AlertAction

UNTIL = datetime(2026, 11, 22, 8, tzinfo=UTC)
SINCE = UNTIL - timedelta(days=1)
A = AlertAction


def event(seconds, action, alert_id=1, who=SYSTEM, name="CDC_occupancy", model=7):
    return FigureEvent(alert_id, SINCE + timedelta(seconds=seconds), who, action, name, name, model)


def test_that_time_runs_from_each_call_to_the_person_who_answered():
    found = figures(
        [
            event(0, A.RAISED), event(60, A.CLEARED), event(100, A.RETURNED), event(120, A.ACKNOWLEDGED, who="shift"),
            event(500, A.RAISED_AGAIN), event(540, A.SHELVED, who="expert"), event(9000, A.SHELF_ENDED),
            event(100, A.RAISED, 2), event(130, A.FALSE_ALARM, 2, who="shift"),
            event(50, A.SUPPRESSED, 3), event(70, A.CLOSED, 3),
        ],
        SINCE, UNTIL,
    )  # fmt: skip
    assert (found.alerts, found.unanswered, found.median_s) == (4, 1, 40)
    assert found.ninety_s == pytest.approx(104)
    assert found.operators == (("shift", 2), ("expert", 1))
    assert found.false_alarms == 1


def test_that_nothing_happened_has_no_times():
    found = figures([], SINCE, UNTIL)
    assert (found.alerts, found.median_s, found.ninety_s, found.flood_share, found.offenders) == (
        0,
        None,
        None,
        0.0,
        (),
    )
    assert (found.shifts, found.per_shift) == ((0, 0, 0), 0.0)


def test_that_alerts_are_counted_by_the_eight_hours_before_now():
    hours = (1, 9, 17, 18, 23)
    found = figures([event(3600 * hour, A.RAISED, hour) for hour in hours], SINCE, UNTIL)
    assert found.shifts == (3, 1, 1)
    assert found.per_shift == pytest.approx(5 / 3)


def test_that_a_flood_lasts_from_the_eleventh_alert_to_ten_minutes_after_the_first_of_ten():
    few = figures([event(30 * n, A.RAISED, n) for n in range(10)], SINCE, UNTIL)
    assert few.flood_share == 0.0
    many = figures([event(30 * n, A.RAISED, n) for n in range(12)], SINCE, UNTIL)
    assert many.flood_share == pytest.approx((630 - 300) / 86_400)
    slow = figures([event(61 * n, A.RAISED, n) for n in range(40)], SINCE, UNTIL)
    assert slow.flood_share == 0.0


def test_that_three_beginnings_in_a_minute_chatter_and_four_an_hour_do_not():
    story = [A.RAISED, A.CLEARED, A.RETURNED, A.CLEARED, A.RETURNED, A.CLEARED, A.RETURNED]
    fast = figures([event(10 * n, action) for n, action in enumerate(story)], SINCE, UNTIL)
    assert (fast.chattering, fast.offenders[0].chattering) == (2, 2)
    slow = figures([event(300 * n, action) for n, action in enumerate(story)], SINCE, UNTIL)
    assert slow.chattering == 0


def test_that_offenders_come_worst_first_with_their_share_by_model():
    made = [event(n, A.RAISED, n, model=7 if n < 3 else 8) for n in range(4)]
    made += [event(10, A.FALSE_ALARM, 0, "shift"), event(20, A.RAISED, 9, name="TOF_bars", model=None)]
    first, second = figures(made, SINCE, UNTIL).offenders
    assert (first.name, first.alerts, first.false_share) == ("CDC_occupancy", 4, 0.25)
    assert first.models == ((7, 3, 1), (8, 1, 0))
    assert (second.name, second.models) == ("TOF_bars", ())
