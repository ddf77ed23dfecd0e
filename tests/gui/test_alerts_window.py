"""The Alerts feature in a whole window, on an engine that keeps alerts with the real state machine."""

import asyncio
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from backend.domain.alert_policy import GateCount
from backend.domain.alerts import AlertKind, AlertState
from backend.domain.classifications import Severity
from backend.domain.errors import StoreUnavailableError
from backend.domain.health import Condition, PartHealth
from backend.events import OwnAlertsChanged, StatusChanged
from hydra_gui.alerts.players import Player, find_player, sound_of
from tests.fakes.alert_rig import AlertRig
from tests.fakes.alerts import alert
from tests.fakes.hall_views import HEALTHY, STATUS
from tests.fakes.live_rig import turns, until
from tests.fakes.tiles import make_tile
from ui.alerts.shelving import ShelvingDialog
from ui.alerts.tabs import AlertTab


@pytest.fixture
def rig(qtbot):
    with AlertRig([make_tile("CDC_occupancy", plot_id=7), make_tile("TOF_bars", plot_id=8)]) as made:
        yield made


async def raised(rig, *alerts):
    rig.engine.raise_alerts(*(alerts or (alert(1),)))
    await until(rig.popup.isVisible, "the pop-up")


def state(rig, alert_id=1):
    return rig.engine.book[alert_id].state


async def at_the_window(rig):
    """The person works in the window."""
    rig.window.activateWindow()
    await until(rig.window.isActiveWindow)


def dialog() -> ShelvingDialog:
    return next(one for one in QApplication.topLevelWidgets() if isinstance(one, ShelvingDialog) and one.isVisible())


def test_that_an_alert_is_seen_on_every_screen(rig):
    async def play():
        await raised(rig, alert(1), alert(2, "TOF_bars", group=("Timing",)))
        assert rig.window.current_screen == "live"
        assert rig.banner.isVisible()
        assert "TOF_bars is Bad" in rig.banner.words.text()
        assert rig.window.strip.alerts.isVisible()
        assert "2 to acknowledge" in rig.window.strip.alerts.text()
        assert rig.window.rail.buttons[1].accessibleName() == "Alerts, 2"

    rig.run(play)


def test_that_the_popup_shows_the_plot_with_its_heat_map_beside_a_good_one(rig):
    async def play():
        painted = []
        rig.popup.painted.connect(painted.append)
        await raised(rig)
        await until(lambda: painted, "the painted pop-up")
        assert painted == [1]
        assert rig.popup.pictures.now.image is not None
        assert rig.popup.pictures.reference.image is not None
        assert rig.popup.head.words.text == "CDC_occupancy is Bad"
        assert "99.2" in rig.popup.facts.text()
        assert "beam 152" in rig.popup.facts.text()

    rig.run(play)


def test_that_the_popup_cannot_take_the_keyboard(rig):
    async def play():
        await raised(rig)
        assert rig.popup.windowFlags() & Qt.WindowType.WindowDoesNotAcceptFocus
        assert rig.popup.windowFlags() & Qt.WindowType.WindowStaysOnTopHint
        assert rig.popup.testAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        assert not rig.popup.isModal()

    rig.run(play)


def test_that_acknowledging_in_the_popup_ends_it_everywhere(rig):
    async def play():
        await raised(rig)
        rig.popup.acknowledge_button.click()
        await until(lambda: state(rig) is AlertState.ACKNOWLEDGED)
        await until(rig.popup.isHidden)
        assert rig.banner.isHidden()
        assert rig.window.strip.alerts.isHidden()
        assert rig.window.rail.buttons[1].accessibleName() == "Alerts"

    rig.run(play)


def test_that_many_alerts_are_one_window_with_a_list(rig):
    async def play():
        before = {one for one in QApplication.topLevelWidgets() if one.isVisible()}
        await raised(rig, *(replace(alert(n, f"plot {n}", group=(f"Detector {n % 7}",))) for n in range(1, 501)))
        await until(lambda: rig.popup.list.model().rowCount() == 500)
        assert {one for one in QApplication.topLevelWidgets() if one.isVisible()} - before == {rig.popup}
        rig.popup.all_button.click()
        await until(rig.popup.isHidden)
        assert rig.engine.acts == [("acknowledge", sorted(range(1, 501), reverse=True))]

    rig.run(play)


def test_that_incidents_come_one_after_the_other_worst_first(rig):
    async def play():
        warning = alert(2, "TOF_bars", group=("Timing",), severity=Severity.WARNING)
        await raised(rig, alert(1), warning)
        assert rig.popup.alert_id == 1
        assert "Timing 1" in rig.popup.more_button.text()
        rig.popup.more_button.click()
        await until(lambda: rig.popup.alert_id == 2)
        rig.popup.acknowledge_button.click()
        await until(lambda: rig.popup.alert_id == 1)

    rig.run(play)


def test_that_a_false_alarm_and_open_lead_where_they_should(rig):
    async def play():
        await raised(rig)
        rig.popup.open_button.click()
        assert rig.plots == ["CDC_occupancy"]
        await until(lambda: "Good" in rig.popup.false_button.toolTip())
        rig.popup.false_button.click()
        await until(lambda: rig.engine.acts == [("false alarm", [1])])

    rig.run(play)


def test_that_shelving_from_the_popup_asks_for_a_reason(rig):
    async def play():
        await raised(rig)
        rig.popup.shelve_button.click()
        asked = dialog()
        assert not asked.shelve_button.isEnabled()
        asked.reason.setText("board 14 is dead")
        asked.choose(24)
        asked.shelve_button.click()
        await until(lambda: state(rig) is AlertState.SHELVED)
        shelf = rig.engine.book[1].shelf
        assert shelf.reason == "board 14 is dead"
        assert 23.9 < (shelf.until - rig.engine.book[1].changed_at).total_seconds() / 3600 < 24.1
        await until(rig.popup.isHidden)

    rig.run(play)


def test_that_a_folded_popup_unfolds_for_news_only(rig):
    async def play():
        await raised(rig)
        rig.popup.toggle_fold()
        assert rig.popup.folded
        seen = rig.engine.book[1]
        rig.engine.raise_alerts(replace(seen, evidence=replace(seen.evidence, confidence=0.5)))
        await turns(20)
        assert rig.popup.folded
        rig.engine.raise_alerts(alert(2, "TOF_bars"))
        await until(lambda: not rig.popup.folded)

    rig.run(play)


def test_that_what_another_station_did_is_followed_and_what_comes_too_late_is_refused(rig):
    async def play():
        await raised(rig)
        key = rig.feature.desk.keys([1])
        other = replace(rig.engine.book[1], version=2, state=AlertState.ACKNOWLEDGED, who="bob")
        rig.engine.raise_alerts(other)
        await until(rig.popup.isHidden)
        rig.feature.desk.acknowledge(key)
        await until(lambda: rig.problems)
        assert "acknowledged by bob" in rig.problems[0]

    rig.run(play)


def test_that_the_keyboard_does_everything_on_the_screen(rig):
    async def play():
        await raised(rig, alert(1), alert(2, "TOF_bars"))
        rig.popup.hide()
        await at_the_window(rig)
        rig.window.show_screen("alerts")
        await until(lambda: rig.screen.list.model().rowCount() == 2)
        rows = rig.screen.list
        rows.setFocus()
        rows.selectAll()
        QTest.keyClick(rows, Qt.Key.Key_A)
        await until(lambda: state(rig, 1) is state(rig, 2) is AlertState.ACKNOWLEDGED)
        QTest.keyClick(rows, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
        await until(lambda: rig.screen.tab is AlertTab.ACKNOWLEDGED and rows.model().rowCount() == 2)
        rows.go_to(2)
        rows.setFocus()
        QTest.keyClick(rows, Qt.Key.Key_U)
        await until(lambda: state(rig, 2) is AlertState.RAISED)
        await until(lambda: [one.alert_id for one in rows.chosen] == [1])
        await at_the_window(rig)
        QTest.keyClick(rows, Qt.Key.Key_S)
        dialog().reason.setText("known")
        QTest.keyClick(dialog().reason, Qt.Key.Key_Return)
        await until(lambda: state(rig, 1) is AlertState.SHELVED)
        await at_the_window(rig)
        QTest.keyClick(rows, Qt.Key.Key_3, Qt.KeyboardModifier.AltModifier)
        await until(lambda: rig.screen.tab is AlertTab.SHELVED and rows.model().rowCount() == 1)
        await until(lambda: [one.alert_id for one in rows.chosen] == [1])
        QTest.keyClick(rows, Qt.Key.Key_S)
        await until(lambda: state(rig, 1) is AlertState.RAISED)

    rig.run(play)


def test_that_ctrl_k_acknowledges_what_the_banner_names(rig):
    async def play():
        await raised(rig)
        await at_the_window(rig)
        QTest.keyClick(rig.window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
        await until(lambda: state(rig) is AlertState.ACKNOWLEDGED)

    rig.run(play)


def test_that_the_history_is_searched_and_read_on(rig):
    async def play():
        closed = [
            alert(n, "CDC_occupancy" if n % 2 else "TOF_bars", AlertState.CLOSED, active=False, who="ann")
            for n in range(1, 701)
        ]
        rig.engine.raise_alerts(*closed)
        rig.window.show_screen("alerts")
        rig.screen.tab_chosen.emit(AlertTab.HISTORY)
        await until(lambda: rig.screen.list.model().rowCount() == 300)
        await until(lambda: rig.screen.list.scrollToBottom() or rig.screen.list.model().rowCount() >= 600)
        rig.screen.filters.search.setText("tof")
        await until(lambda: rig.screen.list.model().rowCount() == 300 and rig.engine.queries[-1].text == "tof")
        assert {one.plot_type for one in rig.feature.presenter.model.alerts} == {"TOF_bars"}

    rig.run(play)


def test_that_the_history_is_narrowed_by_severity_person_and_time_and_read_on_so(rig):
    async def play():
        rig.window.show_screen("alerts")
        rig.screen.tab_chosen.emit(AlertTab.HISTORY)
        filters = rig.screen.filters
        filters.severities[Severity.ALARM].click()
        filters.times[7].click()
        filters.who.setText("shift")
        await until(lambda: rig.engine.queries and rig.engine.queries[-1].who == "shift", "the search")
        wanted = rig.engine.queries[-1]
        assert wanted.least_severity is Severity.ALARM
        assert timedelta(days=6.9) < datetime.now(UTC) - wanted.since < timedelta(days=7.1)
        filters.times[0].click()
        await until(lambda: rig.engine.queries[-1].since is None, "any time")

    rig.run(play)


def test_that_the_gate_shows_itself_with_counts(rig):
    async def play():
        rig.window.show_screen("alerts")
        rig.engine.hold_back(GateCount("beam 3 nA < 10 nA", 17, 4))
        await until(rig.screen.gates.isVisible)
        assert rig.screen.gates.text == "17 verdicts on 4 plots not alarmed: beam 3 nA < 10 nA"
        rig.engine.hold_back()
        await until(lambda: not rig.screen.gates.isVisible())

    rig.run(play)


def test_that_a_missing_plot_has_words_and_no_false_alarm(rig):
    async def play():
        gone = alert(
            1, "Unseen", kind=AlertKind.MISSING, classification="", confidence=None, plot_id=None, words="late"
        )
        await raised(rig, gone)
        await until(lambda: rig.popup.head.words.text == "Unseen does not come")
        assert not rig.popup.false_button.isEnabled()

    rig.run(play)


def test_that_an_empty_list_is_not_calm_while_nothing_is_seen(rig):
    async def play():
        rig.window.show_screen("alerts")
        away = replace(HEALTHY, database=PartHealth(Condition.FAILED, "away since 13:43"))
        rig.engine.emit(StatusChanged(replace(STATUS, health=away)))
        note = rig.screen._note
        await until(lambda: "Cannot see" in note._title.text)
        assert "away since 13:43" in note._text.text()

    rig.run(play)


# Sound.


def player(tmp_path, *, works: bool) -> tuple[Player, object]:
    """A program that writes what it should play into a file."""
    heard = tmp_path / "heard"
    script = tmp_path / "player"
    end = "exit 0" if works else "echo 'no sound card' >&2; exit 1"
    script.write_text(f'#!/bin/sh\necho "$2" >> {heard}\n{end}\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return Player(str(script), ("-q",)), heard


def test_that_sound_comes_with_an_alert_once_for_many_and_ends_with_the_acknowledgement(qtbot, tmp_path):
    program, heard = player(tmp_path, works=True)
    with AlertRig([make_tile("CDC_occupancy")], player=program) as rig:

        async def play():
            await raised(rig, *(alert(n, f"plot {n}") for n in range(1, 501)))
            await until(heard.exists, "the sound")
            await turns(20)
            assert heard.read_text().split() == [str(sound_of(Severity.ALARM))]
            sounder = rig.feature.sounder
            await until(lambda: sounder._process.state().value == 0)
            for wave in range(5):  # a crate does not trip in one transaction
                rig.engine.raise_alerts(*(alert(600 + 40 * wave + n, f"more {wave} {n}") for n in range(40)))
                await until(lambda wave=wave: rig.popup.list.model().rowCount() == 540 + 40 * wave, "the wave")
            assert len(heard.read_text().split()) == 1
            sounder._again.timeout.emit()
            await until(lambda: len(heard.read_text().split()) == 2, "the repetition")
            rig.popup.all_button.click()
            await until(lambda: not sounder._again.isActive(), "silence")
            rig.engine.raise_alerts(alert(2000, "another plot"))
            await until(lambda: len(heard.read_text().split()) == 3, "the next problem is heard at once")

        rig.run(play)


def test_that_the_screen_says_when_no_sound_can_be_made(qtbot, tmp_path):
    program, _ = player(tmp_path, works=False)
    with AlertRig(player=program) as rig:

        async def play():
            assert "Sound by player" in rig.screen.sound.words.text
            rig.screen.sound.test_button.click()
            await until(lambda: rig.screen.sound.words.text == "Sound does not work")
            assert "no sound card" in rig.screen.sound.words.toolTip()

        rig.run(play)


def test_that_without_a_player_the_screen_says_what_to_install(rig):
    async def play():
        assert rig.screen.sound.words.text == "No sound can be made here"
        assert "pulseaudio-utils" in rig.screen.sound.words.toolTip()

    rig.run(play)


def test_that_the_first_player_there_is_plays_files_that_exist():
    assert find_player(lambda name: f"/usr/bin/{name}" if name == "aplay" else None) == Player(
        "/usr/bin/aplay", ("-q",)
    )
    assert find_player(lambda name: None) is None
    for severity in Severity:
        assert sound_of(severity).read_bytes().startswith(b"RIFF")


def test_that_every_control_has_a_name(rig):
    async def play():
        await raised(rig)
        rig.window.show_screen("alerts")
        for root in (rig.screen, rig.popup, rig.banner):
            for widget in root.findChildren(QWidget):
                tabbed = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not widget.objectName().startswith("qt_")
                assert widget.accessibleName() or not tabbed or widget.isHidden(), type(widget)

    rig.run(play)


def about_hall(number, kind, subject):
    evidence = replace(alert(1).evidence, kind=kind, plot_id=None, confidence=None, classification="", words="why")
    return replace(alert(number), plot_type="", subject=subject, group=(), evidence=evidence)


def test_that_an_alert_about_the_hall_has_words_and_no_pictures(rig):
    async def play():
        await raised(rig, alert(1), about_hall(2, AlertKind.STATION, "hall-d-2"))
        assert rig.popup.head.words.text == "Station hall-d-2 is gone"
        assert not rig.popup.pictures.isVisible()
        assert not rig.popup.open_button.isVisible()
        await until(lambda: "Start it again" in rig.popup.guidance.text(), "what to do")
        rig.window.show_screen("alerts")
        rig.screen.list.go_to(2)
        assert not rig.screen.bar.open.isEnabled()
        assert not rig.screen.detail.pictures.isVisible()
        rig.popup.more_button.click()
        await until(lambda: rig.popup.alert_id == 1 and rig.popup.pictures.isVisible(), "the plot")

    rig.run(play)


def test_that_a_station_tells_by_itself_that_the_database_is_away(rig):
    async def play():
        own = about_hall(-1, AlertKind.DATABASE, "database")
        rig.engine.book[-1] = own
        rig.engine.stories[-1] = []
        rig.engine.emit(OwnAlertsChanged((replace(own, change=1),)))
        await until(rig.popup.isVisible, "the pop-up")
        assert "The database is away" in rig.banner.words.text()
        assert rig.window.rail.buttons[1].accessibleName() == "Alerts, 1"
        over = replace(own, state=AlertState.CLOSED, active=False, change=2)
        rig.engine.emit(OwnAlertsChanged((over,)))
        await until(rig.popup.isHidden, "its end")

    rig.run(play)


def test_that_what_happened_is_never_an_empty_space(rig):
    """It is there before the pictures, while these cannot be read, while the alert changes all the time, and it says
    so where nothing is known."""

    async def play():
        line = rig.screen.detail.time_line
        await raised(rig, alert(1), alert(2, "TOF_bars"))
        rig.window.show_screen("alerts")
        gate = asyncio.Event()
        read = rig.engine.image

        async def slow(plot):
            await gate.wait()
            return await read(plot)

        rig.engine.image, rig.engine.preview = slow, lambda _: None
        rig.screen.list.go_to(2)
        await until(lambda: "Raised" in line.accessibleDescription(), "what happened, before the pictures")
        told, detail = [], rig.engine.alert_detail

        async def counted(alert_id):
            told.append(alert_id)
            await asyncio.sleep(0.05)
            return await detail(alert_id)

        rig.engine.alert_detail = counted
        rig.screen.list.go_to(1)
        assert line.accessibleDescription() == "Reading …"
        for _ in range(40):
            rig.engine.raise_alerts(rig.engine.book[1])
            await turns(2)
        gate.set()
        await until(lambda: "Raised" in line.accessibleDescription(), "what happened, in a flood")

        async def away(_alert_id):
            raise StoreUnavailableError("The database does not answer.")

        rig.engine.alert_detail = away
        rig.screen.list.go_to(2)
        await until(lambda: "does not answer" in line.accessibleDescription(), "why it cannot be read")

    rig.run(play)
