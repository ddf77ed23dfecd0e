"""The hall in memory."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from backend.domain.classifications import Severity
from backend.domain.hall import STRIP_LENGTH, Outcome, PlotTypeInfo
from backend.domain.intake import JudgedPlot
from backend.domain.plots import Plot, PlotIdentity, PlotState
from backend.domain.verdicts import AlarmGate, Verdict
from backend.pipeline import hall_state
from backend.pipeline.hall_state import HallState

NOW = datetime(2026, 11, 1, tzinfo=UTC)
GOOD = Verdict("Good", Severity.NORMAL, 0.9, True, AlarmGate.HARMLESS, 1)
BAD = Verdict("Bad", Severity.ALARM, 0.9, True, AlarmGate.OPEN, 1)


def plot(plot_id: int, plot_type: str = "CDC_occupancy") -> Plot:
    identity = PlotIdentity(plot_type, 121_266, plot_id)
    return Plot(plot_id, identity, "a" * 64, 800, 600, NOW, NOW, PlotState.PENDING)


def test_that_the_first_plot_of_a_type_is_shown_before_its_verdict():
    hall = HallState()
    tile = hall.arrived(plot(1))
    assert tile is not None
    assert tile.verdict is None
    assert hall.tiles == (tile,)


def test_that_a_tile_keeps_its_verdict_until_the_next_plot_is_judged():
    hall = HallState()
    hall.judged(JudgedPlot(plot(1), verdict=GOOD))
    assert hall.arrived(plot(2)) is None
    assert hall.tile("CDC_occupancy").plot.plot_id == 1
    tile = hall.judged(JudgedPlot(plot(2), verdict=GOOD))
    assert tile.plot.plot_id == 2
    assert hall.overdue() == []


def test_that_a_plot_that_waits_too_long_is_shown_as_pending(monkeypatch):
    hall = HallState()
    hall.judged(JudgedPlot(plot(1), verdict=GOOD))
    hall.arrived(plot(2))
    assert hall.overdue() == []
    monkeypatch.setattr(hall_state, "_PENDING_SHOWN_AFTER_S", -1.0)
    (tile,) = hall.overdue()
    assert (tile.plot.plot_id, tile.verdict, len(tile.strip)) == (2, None, 1)


def test_that_a_late_verdict_on_an_older_plot_does_not_replace_a_newer_one():
    hall = HallState()
    hall.judged(JudgedPlot(plot(5), verdict=GOOD))
    late = hall.judged(JudgedPlot(plot(4), verdict=GOOD))
    assert late.plot.plot_id == 4
    assert hall.tile("CDC_occupancy").plot.plot_id == 5


def test_that_a_plot_without_model_says_so_and_leaves_a_mark():
    hall = HallState()
    tile = hall.judged(JudgedPlot(plot(1)))
    assert tile.plot.state is PlotState.NO_MODEL
    assert tile.strip[-1].severity is None


def test_that_the_strip_holds_the_last_twenty_verdicts():
    hall = HallState()
    for number in range(1, 40):
        hall.judged(JudgedPlot(plot(number), verdict=GOOD))
    assert len(hall.tile("CDC_occupancy").strip) == STRIP_LENGTH


def test_that_descriptions_reach_tiles_that_exist_and_make_those_that_do_not():
    hall = HallState()
    hall.arrived(plot(1))
    infos = [PlotTypeInfo("CDC_occupancy", ("Tracking",)), PlotTypeInfo("FCAL_occupancy", ("Calorimeters",))]
    assert {tile.plot_type.name for tile in hall.describe(infos)} == {"CDC_occupancy", "FCAL_occupancy"}
    assert hall.describe(infos) == []
    assert hall.tile("FCAL_occupancy").plot is None
    with pytest.raises(KeyError):
        hall.tile("unheard_of")


def test_that_what_another_station_judged_is_news_once():
    hall = HallState()
    hall.arrived(plot(1))
    outcome = Outcome(replace(plot(1), state=PlotState.JUDGED), GOOD)
    tile = hall.told(outcome)
    assert tile is hall.tile("CDC_occupancy")
    assert (tile.verdict, len(tile.strip)) == (GOOD, 1)
    assert hall.told(outcome) is None
    assert len(hall.tile("CDC_occupancy").strip) == 1


def test_that_a_plot_that_waits_elsewhere_waits_here_and_one_that_was_skipped_says_so():
    hall = HallState()
    assert hall.told(Outcome(plot(1))).plot.state is PlotState.PENDING
    skipped = hall.told(Outcome(replace(plot(1), state=PlotState.SKIPPED)))
    assert (skipped.plot.state, skipped.verdict) == (PlotState.SKIPPED, None)


def test_that_plot_types_whose_newest_verdict_alarms_are_urgent():
    hall = HallState()
    hall.judged(JudgedPlot(plot(1), verdict=BAD))
    hall.judged(JudgedPlot(plot(2, "FCAL_occupancy"), verdict=GOOD))
    assert hall.alarming == {"CDC_occupancy"}
    hall.judged(JudgedPlot(plot(3), verdict=GOOD))
    assert hall.alarming == frozenset()


def test_that_reading_the_hall_anew_takes_over_what_was_missed_and_nothing_older():
    hall, other = HallState(), HallState()
    for number in (1, 2):
        other.judged(JudgedPlot(plot(number), verdict=GOOD))
    other.judged(JudgedPlot(plot(1, "FCAL_occupancy"), verdict=GOOD))
    hall.judged(JudgedPlot(plot(1), verdict=GOOD))
    hall.judged(JudgedPlot(plot(9, "FCAL_occupancy"), verdict=BAD))
    [tile] = hall.reload(other.tiles)
    assert (tile.plot.plot_id, len(tile.strip)) == (2, 2)
    assert hall.tile("FCAL_occupancy").plot.plot_id == 9
    assert hall.reload(other.tiles) == []
