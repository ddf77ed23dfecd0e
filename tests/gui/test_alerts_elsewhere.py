"""What goes out, in a whole window: the panel with its tests, logbook entries, the story, and being loud."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from PySide6.QtWidgets import QApplication

from backend.domain.classifications import Severity
from backend.domain.dispatches import DispatchNote, Outcome
from backend.domain.escalation import Plan, QuietHours
from backend.domain.outward import Delivered, OutwardView
from backend.events import AlertsEscalated
from hydra_gui.alerts.hush import Hush
from hydra_gui.alerts.players import Player
from hydra_gui.alerts.sounder import QUIET, Sounder
from tests.fakes.alert_rig import AlertRig
from tests.fakes.alerts import alert
from tests.fakes.hall_views import make_scene
from tests.fakes.live_rig import until
from ui.alerts.elsewhere import ElsewherePanel
from ui.alerts.sending_words import note_detail, note_line

AT = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def scene():
    return make_scene(AT)


@pytest.fixture
def rig(qapp, scene):
    with AlertRig(scene.view.tiles, lambda plot_id: scene.images[abs(plot_id)]) as rig:
        yield rig


async def opened(rig) -> ElsewherePanel:
    rig.screen.elsewhere_button.click()
    await until(lambda: rig.feature.elsewhere.panel is not None and rig.feature.elsewhere.panel.cards)
    return rig.feature.elsewhere.panel


def test_that_the_panel_shows_what_is_configured_and_tells_what_became_of_a_test(rig):
    async def play():
        outward = rig.engine.outward
        outward.refuses["hall chat"] = "chat.hall.example refused: 404"
        panel = await opened(rig)
        assert not panel.cards["control room"].test_button.isVisible()
        outward.hold.clear()
        for name in ("calorimeter expert", "hall chat"):
            panel.cards[name].test_button.click()
        assert not panel.cards["hall chat"].test_button.isEnabled()
        assert "Sending" in panel.cards["hall chat"].result.text
        outward.hold.set()
        await until(lambda: panel.cards["hall chat"].test_button.isEnabled())
        await until(lambda: panel.cards["calorimeter expert"].test_button.isEnabled())
        assert panel.cards["hall chat"].result.text == "Not reached: chat.hall.example refused: 404"
        assert panel.cards["calorimeter expert"].result.text.startswith("Reached")
        panel.close_button.click()
        assert rig.feature.elsewhere.panel is None

    rig.run(play)


def test_that_the_panel_says_where_nothing_is_configured(rig):
    async def play():
        rig.engine.outward.shown = OutwardView()
        rig.screen.elsewhere_button.click()
        panel = rig.feature.elsewhere.panel
        await until(lambda: panel.words == "Alerts go nowhere else")
        panel.close_button.click()

    rig.run(play)


def test_that_an_entry_about_an_alert_carries_plot_words_and_author(rig):
    async def play():
        rig.window.show_screen("alerts")
        rig.engine.raise_alerts(alert(1))
        await until(lambda: rig.screen.detail.detail is not None)
        rig.screen.detail.entry_button.click()
        await until(lambda: rig.feature.elsewhere.dialog is not None)
        dialog = rig.feature.elsewhere.dialog
        assert dialog.subject.text() == "CDC_occupancy is Bad"
        dialog.text.setPlainText("Board 14 is dead.")
        dialog.author.setText("expert")
        rig.engine.outward.refuses["shift log"] = "the logbook refused the login"
        dialog.enter_button.click()
        await until(lambda: "refused the login" in dialog.outcome.text)
        assert dialog.text.toPlainText() == "Board 14 is dead."
        rig.engine.outward.refuses.clear()
        dialog.enter_button.click()
        await until(lambda: dialog.cancel_button.text() == "Close")
        assert not dialog.enter_button.isEnabled()
        first, second = rig.engine.outward.entries
        assert first.key == second.key
        assert (second.author, second.text, second.to) == ("expert", "Board 14 is dead.", ("shift log",))
        assert second.alert_id == 1
        assert second.plot is not None
        dialog.cancel_button.click()

    rig.run(play)


def test_that_an_entry_needs_an_author_a_subject_and_words(rig):
    async def play():
        rig.window.show_screen("alerts")
        rig.engine.raise_alerts(alert(1))
        await until(lambda: rig.screen.detail.detail is not None)
        rig.screen.detail.entry_button.click()
        await until(lambda: rig.feature.elsewhere.dialog is not None)
        dialog = rig.feature.elsewhere.dialog
        for field in (dialog.author, dialog.subject):
            before = field.text()
            field.clear()
            assert not dialog.enter_button.isEnabled()
            field.setText(before)
        dialog.text.clear()
        assert not dialog.enter_button.isEnabled()
        dialog.cancel_button.click()

    rig.run(play)


def test_that_the_story_of_an_alert_tells_what_went_out(rig):
    async def play():
        rig.engine.sent[1] = (DispatchNote(AT, "expert", "mail", Outcome.SENT, "accepted", tier=1),)
        rig.window.show_screen("alerts")
        rig.engine.raise_alerts(alert(1))
        await until(lambda: "Mailed to expert" in rig.screen.detail.time_line.accessibleDescription())

    rig.run(play)


@pytest.mark.parametrize(
    ("note", "line", "detail"),
    [
        (DispatchNote(AT, "expert", "mail", Outcome.SENT, "accepted", tier=1), "Mailed to expert", "accepted"),
        (
            DispatchNote(AT, "expert", "mail", Outcome.FAILED, "server refused", tier=1),
            "Mail to expert failed",
            "server refused; it is tried again",
        ),
        (DispatchNote(AT, "chat", "webhook", Outcome.GIVEN_UP, "away"), "Message to chat failed for good", "away"),
        (DispatchNote(AT, "log", "elog", Outcome.LOGGED, "entry 7", "ann"), "Entered in log by ann", "entry 7"),
        (DispatchNote(AT, "room", "stations", Outcome.SENT, tier=1), "Loud now on room", ""),
    ],
)
def test_that_what_went_out_is_told_in_words(note, line, detail):
    assert (note_line(note), note_detail(note)) == (line, detail)


def test_that_an_escalated_alert_unfolds_the_popup_says_so_and_ends_with_the_acknowledgement(rig):
    async def play():
        rig.engine.raise_alerts(alert(1, severity=Severity.WARNING))
        await until(rig.popup.isVisible)
        rig.popup.set_folded(True)
        rig.engine.emit(AlertsEscalated(frozenset({1})))
        await until(lambda: "nobody has answered" in rig.banner.count.text())
        assert not rig.popup.folded
        assert rig.feature.sounder.interval_ms == 5000
        rig.engine.raise_alerts(alert(2))
        rig.engine.emit(AlertsEscalated(frozenset()))
        await until(lambda: "nobody has answered" not in rig.banner.count.text())
        assert rig.feature.sounder.interval_ms == 15_000

    rig.run(play)


NIGHT = QuietHours("control-room", time(22), time(7), passes=Severity.ALARM)


class Clock:
    def __init__(self, hour: int) -> None:
        self.at = datetime(2026, 11, 21, hour, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


def hushed(clock, passes=Severity.ALARM, role="control-room"):
    return Hush(Plan(quiet=(replace(NIGHT, passes=passes),), zone=UTC), role, clock=clock)


@pytest.mark.parametrize(
    ("hour", "severity", "passes", "role", "heard"),
    [
        (23, Severity.WARNING, Severity.ALARM, "control-room", False),
        (23, Severity.ALARM, Severity.ALARM, "control-room", True),
        (23, Severity.ALARM, None, "control-room", False),
        (23, Severity.WARNING, Severity.ALARM, "office", True),
        (12, Severity.WARNING, Severity.ALARM, "control-room", True),
    ],
)
def test_that_quiet_hours_of_the_role_decide_what_sounds(qapp, hour, severity, passes, role, heard):
    sounder = Sounder(Player("/bin/true"), hush=hushed(Clock(hour), passes, role))
    sounder.sound(severity, news=True)
    assert bool(sounder.played) is heard
    sounder.close()


def test_that_quiet_hours_are_said_and_what_still_waits_is_heard_when_they_end(qapp):
    clock, said = Clock(23), []
    sounder = Sounder(Player("/bin/true"), hush=hushed(clock))
    sounder.state_changed.connect(lambda *state: said.append(state))
    sounder.tell_state()
    assert said[-1] == (True, f"Sound by true, {QUIET} 07:00, only alarms sound", "")
    sounder.sound(Severity.WARNING, news=True)
    clock.at += timedelta(hours=9)
    sounder.tick()
    assert said[-1] == (True, "Sound by true", "")
    assert sounder.played == 1
    sounder.close()
    QApplication.processEvents()


def test_that_a_result_of_something_closed_is_dropped(qapp):
    panel = ElsewherePanel(None)
    panel.show_result(Delivered("nobody", True, "x"))
    panel.close()
