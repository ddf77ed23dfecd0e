"""The policy of a plot type in the window: shown, checked in words, tried, put in force with a reason."""

from datetime import UTC, datetime

import pytest

from backend.domain.alert_figures import AlertFigures, Offender
from backend.domain.alert_policy import AlertPolicy
from backend.domain.alert_trial import Trial, Trials, WouldAlert
from backend.domain.alerts import AlertKind
from backend.domain.classifications import Severity
from tests.fakes.alert_rig import AlertRig
from tests.fakes.alerts import alert
from tests.fakes.live_rig import turns, until
from ui.alerts.tabs import AlertTab
from ui.widgets.buttons import Button
from ui.widgets.frames import Card


@pytest.fixture
def rig(qtbot):
    with AlertRig() as made:
        yield made


async def opened(rig):
    rig.engine.raise_alerts(alert(1))
    rig.window.show_screen("alerts")
    await until(lambda: rig.screen.list.model().rowCount() == 1, "the alert")
    rig.screen.bar.policy.click()
    dialog = rig.feature.policies.dialog
    await until(lambda: len(dialog.form.rows) > 0, "the policy")
    return dialog


def write(dialog, **values):
    for name, text in values.items():
        dialog.form.fields[name].setText(text)


def test_that_a_policy_is_changed_only_for_a_reason_and_then_at_once(rig):
    async def play():
        dialog = await opened(rig)
        assert dialog.title.text() == "When CDC_occupancy alarms"
        write(dialog, needed="3", out_of="5", grace_s="90", beam_threshold="12.5")
        assert not dialog.put_button.isEnabled()
        dialog.reason.setText("flickers")
        dialog.form.rows[2].choose(Severity.WARNING)
        dialog.put_button.click()
        await until(lambda: rig.feature.policies.dialog is None, "the end of the dialog")
        policy = rig.engine.policies["CDC_occupancy"]
        assert (policy.needed, policy.out_of, policy.grace_s, policy.beam_threshold) == (3, 5, 90.0, 12.5)
        assert list(policy.severities.values()) == [Severity.WARNING]
        assert rig.engine.changes[-1].reason == "flickers"

    rig.run(play)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"needed": "4", "out_of": "3"}, "4 of 3 verdicts"),
        ({"needed": "two"}, "write a whole number"),
        ({"grace_s": "601"}, "accepted is 0 to 600"),
        ({"off_delay_s": ""}, "write a number"),
    ],
)
def test_that_what_is_no_policy_is_said_in_words_and_changes_nothing(rig, values, words):
    async def play():
        dialog = await opened(rig)
        write(dialog, **values)
        dialog.reason.setText("why not")
        dialog.put_button.click()
        await turns(3)
        assert words in dialog.trouble.text()
        assert "Nothing was changed" in dialog.trouble.text()
        assert rig.engine.policies == {}

    rig.run(play)


def test_that_an_account_that_may_not_is_told_so(rig):
    async def play():
        rig.engine.refuses = "The database refuses this: another role is needed."
        dialog = await opened(rig)
        dialog.reason.setText("why not")
        dialog.put_button.click()
        await until(lambda: "another role" in dialog.trouble.text(), "the refusal")

    rig.run(play)


def test_that_a_policy_is_tried_on_the_past(rig):
    async def play():
        at = datetime.now(UTC)
        now = tuple(WouldAlert(at, AlertKind.PROBLEM, Severity.ALARM, "Bad", n, 42) for n in range(9))
        rig.engine.trials = Trials(7.0, Trial(100, now), Trial(100, now[:1], 17))
        dialog = await opened(rig)
        write(dialog, needed="3")
        dialog.try_button.click()
        await until(lambda: "1 alert in 7 days, with the policy in force 9." in dialog.outcome.text(), "the trial")
        assert "17 alarming verdicts held back" in dialog.outcome.text()
        assert "Not any more: 8 × is Bad" in dialog.results.text()
        assert rig.engine.tried[-1].needed == 3

    rig.run(play)


def test_that_the_usual_policy_is_reached_from_there_and_holds_again(rig):
    async def play():
        rig.engine.policies["CDC_occupancy"] = AlertPolicy(needed=1, out_of=1)
        dialog = await opened(rig)
        assert dialog.back_button.isVisible()
        dialog.usual_button.click()
        await until(lambda: dialog.title.text() == "When plots alarm, usually", "the usual policy")
        assert not dialog.try_button.isEnabled()
        assert not dialog.back_button.isVisible()
        dialog.own_button.click()
        await until(lambda: dialog.title.text() == "When CDC_occupancy alarms", "its own")
        dialog.reason.setText("as all others")
        dialog.back_button.click()
        await until(lambda: rig.feature.policies.dialog is None, "the end of the dialog")
        assert rig.engine.policies == {}

    rig.run(play)


def test_that_figures_lead_to_the_policy_of_what_alarms_most(rig):
    async def play():
        now = datetime.now(UTC)
        worst = (Offender("CDC_occupancy", "CDC_occupancy", 9, 3, 0, ((7, 9, 3),)), Offender("feed", "", 1, 0, 0))
        rig.engine.figures = AlertFigures(now, now, 10, 0, 45.0, 90.0, (10,), (("shift", 10),), 0.0, 0, 3, worst)
        rig.window.show_screen("alerts")
        rig.screen.tab_chosen.emit(AlertTab.FIGURES)
        page = rig.screen.figures
        await until(lambda: "shift 10" in page.operators.text(), "the figures")
        names = {card.accessibleName() for card in page.findChildren(Card) if card.isVisible()}
        assert "Time to acknowledge, median: 45\xa0s. two minutes are good" in names
        assert not rig.screen.bar.isVisible()
        [button] = [one for one in page.findChildren(Button) if one.text() == "Policy…" and one.isVisible()]
        button.click()
        await until(lambda: rig.feature.policies.dialog is not None, "the policy")
        assert rig.feature.policies.dialog.plot_type == "CDC_occupancy"
        page.periods[30.0].click()
        await turns(3)
        assert page.days == 30.0
        rig.engine.refuses = "The database does not answer."
        page.periods[1.0].click()
        await until(lambda: "does not answer" in page.note.text(), "the reason")
        rig.screen.tab_chosen.emit(AlertTab.WAITING)
        assert rig.screen.bar.isVisible()

    rig.run(play)
