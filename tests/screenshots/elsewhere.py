"""What goes out, as a person sees it: ``python -m tests.screenshots.elsewhere --into DIR``."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from datetime import datetime, timedelta

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


from backend.domain.dispatches import DispatchNote, Outcome
from backend.domain.outward import OutwardView
from backend.events import AlertsEscalated
from tests.fakes.outward import VIEW
from tests.screenshots import alerts as scenes
from tests.screenshots.alerts import AlertStage, scene_alerts, until


def sent_story(now: datetime) -> tuple[DispatchNote, ...]:
    """What went out of an alert that was raised three minutes ago."""

    def at(seconds: int) -> datetime:
        return now - timedelta(seconds=seconds)

    return (
        DispatchNote(at(60), "control room", "stations", Outcome.SENT, tier=1),
        DispatchNote(at(50), "calorimeter expert", "mail", Outcome.FAILED, "mail.hall.example refused: 451", tier=2),
        DispatchNote(at(20), "calorimeter expert", "mail", Outcome.SENT, "accepted by mail.hall.example", tier=2),
        DispatchNote(at(5), "shift log", "elog", Outcome.LOGGED, "entry 4711", "expert"),
    )


async def _story(stage: AlertStage) -> None:
    stage.engine.sent[1] = sent_story(stage.now)
    await scenes.SCENES["alerts"](stage)


async def _escalated(stage: AlertStage) -> None:
    await stage.fill(scene_alerts(stage.now)[:2])
    stage.engine.emit(AlertsEscalated(frozenset({1})))
    await until(lambda: "nobody" in stage.banner.count.text(), "the banner")


async def _panel(stage: AlertStage) -> None:
    await _story(stage)
    stage.engine.outward.refuses["hall chat"] = "chat.hall.example refused: 404 Not Found, no such hook"
    stage.screen.elsewhere_button.click()
    presenter = stage.feature.elsewhere
    await until(lambda: presenter.panel is not None and presenter.panel.cards, "the panel")
    for name in ("calorimeter expert", "hall chat"):
        presenter.panel.cards[name].test_button.click()
    await until(lambda: "refused" in presenter.panel.cards["hall chat"].result.text, "the result")
    stage.engine.outward.hold.clear()
    presenter.panel.cards["run coordinator"].test_button.click()


async def _panel_empty(stage: AlertStage) -> None:
    stage.engine.outward.shown = OutwardView()
    await stage.fill([])
    stage.window.show_screen("alerts")
    stage.screen.elsewhere_button.click()
    await asyncio.sleep(0.2)


async def _panel_watching(stage: AlertStage) -> None:
    stage.engine.outward.shown = replace(VIEW, carries_out=False)
    await _panel(stage)


async def _entry(stage: AlertStage) -> None:
    await _story(stage)
    stage.screen.detail.entry_button.click()
    await until(lambda: stage.feature.elsewhere.dialog is not None, "the dialog")


async def _entry_failed(stage: AlertStage) -> None:
    await _entry(stage)
    stage.engine.outward.refuses["shift log"] = "the logbook refused the login"
    dialog = stage.feature.elsewhere.dialog
    dialog.enter_button.click()
    await until(lambda: dialog.enter_button.isEnabled(), "the refusal")


async def _entry_made(stage: AlertStage) -> None:
    await _entry(stage)
    dialog = stage.feature.elsewhere.dialog
    dialog.enter_button.click()
    await until(lambda: dialog.cancel_button.text() == "Close", "the entry")


OURS = {
    "sent-story": _story, "escalated": _escalated, "elsewhere": _panel, "elsewhere-empty": _panel_empty,
    "elsewhere-watching": _panel_watching, "entry": _entry, "entry-failed": _entry_failed, "entry-made": _entry_made,
}  # fmt: skip
scenes.SCENES.update(OURS)


if __name__ == "__main__":
    scenes.main(OURS)
