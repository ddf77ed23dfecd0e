"""The chart of confidences: what it shows, and what its cursor tells by mouse and keyboard."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QPoint, Qt

from backend.domain.classifications import Severity
from backend.domain.hall import HistoryPoint
from tests.fakes.windows import pixels
from ui.detail.history import ConfidenceHistory
from ui.theme.apply import apply
from ui.theme.tokens import LIGHT
from ui.wording import NARROW

START = datetime(2026, 11, 20, 12, tzinfo=UTC)


def _points(count):
    return [
        HistoryPoint(i, 121_000 + i, START + timedelta(minutes=i), "Good", 0.9, True, Severity.NORMAL)
        for i in range(count)
    ]


@pytest.fixture
def chart(qtbot, qapp):
    apply(qapp, LIGHT)
    made = ConfidenceHistory()
    qtbot.addWidget(made)
    made.resize(400, 80)
    made.show()
    qtbot.waitExposed(made)
    return made


def _inked(chart, colour):
    shown = pixels(chart.grab().toImage())[..., :3].astype(int)
    wanted = [int(colour[i : i + 2], 16) for i in (5, 3, 1)]
    return (abs(shown - wanted).max(axis=2) < 6).sum()


@pytest.mark.parametrize("count", [0, 1, 2, 20, 500])
def test_that_any_length_of_history_can_be_painted(chart, count):
    chart.show_history(_points(count), 0.7)
    chart.grab()
    assert f"last {count} verdicts" in chart.accessibleName()


def test_that_trouble_stands_out_and_normal_stays_grey(chart):
    calm = _points(20)
    chart.show_history(calm, None)
    assert _inked(chart, LIGHT.alarm.fill) == 0
    bad = [*calm[:-3], *(replace(p, severity=Severity.ALARM, classification="Bad") for p in calm[-3:])]
    chart.show_history(bad, None)
    assert _inked(chart, LIGHT.alarm.fill) > 100


def test_that_the_mouse_tells_run_and_time_of_the_verdict_under_it(chart, qtbot):
    chart.show_history(_points(10), 0.7)
    qtbot.mouseMove(chart, QPoint(chart.width() - 6, 20))
    assert "run 121 009" in chart.cursor_words.replace(NARROW, " ")
    qtbot.mouseMove(chart, QPoint(5, 20))
    assert "run 121 000" in chart.cursor_words.replace(NARROW, " ")
    assert "Good 90.0 %" in chart.cursor_words.replace(NARROW, " ")


def test_that_arrow_keys_move_the_cursor_and_stop_at_the_ends(chart, qtbot):
    chart.show_history(_points(3), None)
    for expected in ("121 002", "121 001", "121 000", "121 000"):
        qtbot.keyClick(chart, Qt.Key.Key_Left)
        assert expected in chart.cursor_words.replace(NARROW, " ")
        assert chart.accessibleDescription() == chart.cursor_words
    qtbot.keyClick(chart, Qt.Key.Key_Right)
    assert "121 001" in chart.cursor_words.replace(NARROW, " ")


def test_that_new_verdicts_take_the_cursor_away(chart, qtbot):
    chart.show_history(_points(3), None)
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    chart.show_history(_points(1), None)
    assert chart.cursor_words == ""


def test_that_keys_on_an_empty_chart_do_nothing(chart, qtbot):
    chart.show_history([], None)
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    assert chart.cursor_words == ""
