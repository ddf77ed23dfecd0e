"""The window: status strip, rail, keys, ages that go on, and nothing left running."""

from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLabel, QWidget

from backend.domain.beam import Beam, BeamState
from backend.domain.classifications import Symbol
from backend.domain.hall import HallStatus
from backend.domain.stations import Presence, StationRole
from tests.fakes.hall_views import BLIND, HEALTHY, NOW, STATUS
from ui.shell.screen import Screen
from ui.shell.window import MainWindow
from ui.widgets.tone import Tone
from ui.wording import NARROW, THIN


class _Clock:
    """A clock that a test moves."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return _Clock()


@pytest.fixture
def window(qtbot, clock):
    screens = [Screen("live", "Live", "live", QWidget()), Screen("library", "Library", "library", QLabel("library"))]
    made = MainWindow(screens, stale_after_s=600, clock=clock)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made


def _plain(text: str) -> str:
    return text.replace(NARROW, " ").replace(THIN, " ")


def test_that_the_strip_shows_run_beam_and_age(window):
    window.set_status(STATUS)
    strip = window.strip
    assert strip.experiment.text() == "Hall D"
    assert _plain(strip.run.value.text) == "121 266"
    assert (strip.beam.value.symbol, strip.beam.value.text) == (Symbol.CHECK, "ON")
    assert _plain(strip.beam.value.detail) == "152 nA"
    assert _plain(strip.newest.value.text) == "4 s"
    assert strip.newest.value.tone is Tone.TEXT


@pytest.mark.parametrize("state", BeamState)
def test_that_every_beam_state_has_a_symbol_and_a_word(window, state):
    window.set_status(replace(STATUS, beam=Beam(state, None, "nA", "the reading is 90 s old")))
    assert window.strip.beam.value.symbol is not None
    assert window.strip.beam.value.text == state.value
    assert window.strip.beam.toolTip() == "the reading is 90 s old"


def test_that_a_hall_without_a_run_or_plots_says_so(window):
    window.set_status(HallStatus())
    assert window.strip.run.value.text == "–"
    assert window.strip.newest.value.text == "none yet"


def test_that_the_role_of_the_station_is_shown_where_there_may_be_others(window):
    station = window.strip.station
    assert not station.isVisible()
    watching = Presence("hall-d-2", StationRole.WATCHER, engines=2, stations=3, waiting=7, shared=True)
    window.set_status(replace(STATUS, presence=watching))
    assert station.isVisible()
    assert (station.text, station.detail) == ("watching", "")
    assert "hall-d-2 shows what other stations judge" in station.toolTip()
    assert "stations: 3, of which 2 judge." in station.toolTip()
    window.set_status(replace(STATUS, presence=replace(watching, role=StationRole.WINDOW, skipped=12)))
    assert (station.text, station.detail, station.tone) == ("judging", "12 skipped", Tone.WARNING)
    assert "never judged" in station.accessibleDescription()


def test_that_run_0_is_shown(window):
    window.set_status(replace(STATUS, run=0))
    assert window.strip.run.value.text == "0"


def test_that_the_age_goes_on_by_itself_and_old_is_said_in_words(window, clock, qtbot):
    window.set_status(STATUS)
    clock.now = NOW + timedelta(seconds=27)
    qtbot.waitUntil(lambda: _plain(window.strip.newest.value.text) == "31 s", timeout=60_000)
    clock.now = NOW + timedelta(minutes=12)
    qtbot.waitUntil(lambda: window.strip.newest.value.detail == "no new plots", timeout=60_000)
    assert (window.strip.newest.value.tone, window.strip.newest.value.symbol) == (Tone.WARNING, Symbol.DIAMOND)


def test_that_the_health_of_each_part_is_symbol_word_and_advice(window):
    window.set_status(replace(STATUS, health=BLIND))
    database = window.strip.database
    assert (database.symbol, database.text, database.detail) == (Symbol.CROSS, "database", "no answer since 13:43")
    assert database.tone is Tone.ALARM
    assert "Call the administrator" in database.toolTip()
    assert window.strip.feed.symbol is Symbol.CHECK
    window.set_status(replace(STATUS, health=HEALTHY))
    assert (database.symbol, database.detail, database.tone) == (Symbol.CHECK, "", Tone.MUTED)


def test_that_files_set_aside_are_counted_and_none_are_not_mentioned(window, qtbot):
    window.set_status(STATUS)
    assert window.strip.set_aside.isVisible()
    assert "3 set aside" in _plain(window.strip.set_aside.text())
    with qtbot.waitSignal(window.quarantine_opened):
        window.strip.set_aside.click()
    assert window.quarantine.isVisible()
    window.strip.set_aside.click()
    assert not window.quarantine.isVisible()
    window.set_status(replace(STATUS, quarantined=0))
    assert not window.strip.set_aside.isVisible()


def test_that_rail_and_keys_open_screens(window, qtbot):
    assert [button.text() for button in window.rail.buttons] == ["Live", "Library"]
    assert window.current_screen == "live"
    with qtbot.waitSignal(window.screen_changed) as changed:
        window.rail.buttons[1].click()
    assert changed.args == ["library"]
    assert window.stack.currentWidget().text() == "library"
    qtbot.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert window.current_screen == "live"
    assert window.rail.buttons[0].isChecked()


def test_that_an_unknown_screen_is_an_error(window):
    with pytest.raises(KeyError):
        window.show_screen("alerts")


def test_that_f11_is_full_screen_and_back(window, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_F11)
    assert window.isFullScreen()
    window.strip.full_screen.click()
    assert not window.isFullScreen()


def test_that_the_theme_is_asked_for_by_button_and_key(window, qtbot):
    with qtbot.waitSignal(window.theme_toggled):
        window.strip.theme_button.click()
    with qtbot.waitSignal(window.theme_toggled):
        qtbot.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)


def test_that_a_note_goes_by_itself(window, clock, qtbot):
    window.note("Saved CDC_occupancy.png")
    assert window.strip.note.text() == "Saved CDC_occupancy.png"
    clock.now = NOW + timedelta(seconds=11)
    qtbot.waitUntil(lambda: window.strip.note.text() == "", timeout=60_000)


def test_that_others_can_tick_with_the_window(window, clock, qtbot):
    with qtbot.waitSignal(window.ticked, timeout=60_000) as ticked:
        pass
    assert ticked.args == [clock.now]


def test_that_closing_stops_the_timer_and_says_so(window, qtbot):
    timers = window.findChildren(QTimer)
    assert any(timer.isActive() for timer in timers)
    with qtbot.waitSignal(window.closed):
        window.close()
    assert not any(timer.isActive() for timer in window.findChildren(QTimer))


def test_that_a_window_shown_again_ticks_again(window, qtbot):
    window.close()
    window.show()
    with qtbot.waitSignal(window.ticked, timeout=60_000):
        pass


def test_that_a_screen_made_later_takes_its_place_also_while_it_is_open(qtbot, clock):
    window = MainWindow([Screen("live", "Live", "live", QWidget()), Screen("alerts", "Alerts", "alerts")], clock=clock)
    qtbot.addWidget(window)
    window.show()
    window.show_screen("alerts")
    made = QLabel("alerts")
    window.fill("alerts", made)
    assert made.isVisible()
    assert (window.current_screen, window.stack.count()) == ("alerts", 2)
    window.show_screen("live")
    assert not made.isVisible()
