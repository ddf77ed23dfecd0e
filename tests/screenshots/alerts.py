"""The Alerts screen and the pop-up in given states, drawn off screen.

``python -m tests.screenshots.alerts --into DIR`` writes every scene in light and dark.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from backend.domain.alert_figures import AlertFigures, Offender
from backend.domain.alert_policy import AlertPolicy, GateCount, PolicyChange
from backend.domain.alert_trial import Trial, Trials, WouldAlert
from backend.domain.alert_views import AlertEvent
from backend.domain.alerts import SYSTEM, Alert, AlertAction, AlertKind, AlertState, Evidence, Shelf
from backend.domain.beam import Beam, BeamState
from backend.domain.classifications import Severity
from backend.events import OwnAlertsChanged
from backend.simulation.drawing import draw
from tests.fakes.alert_rig import AlertRig
from tests.fakes.hall_views import RUN, STATUS, make_scene
from tests.fakes.live_rig import until
from ui.alerts.tabs import AlertTab
from ui.theme.apply import ThemeMode, ThemeSwitch

BEAM = Beam(BeamState.ON, 152.3, "nA")
SIZE = (1680, 1000)
PAST = ("FDC_cathodes", "CDC_occupancy", "SVT_sectors", "DC_superlayers", "RICH_tiles")
PEOPLE = ("shift", "expert", "coordinator")


def scene_alerts(now: datetime) -> list[Alert]:
    """A real afternoon."""

    def one(number, plot_type, group, minutes, state, name="Bad", severity=Severity.ALARM, confidence=0.992, **given):
        at = now - timedelta(minutes=minutes)
        kind, words = given.pop("kind", AlertKind.PROBLEM), given.pop("words", "")
        judged = kind is AlertKind.PROBLEM
        evidence = Evidence(
            kind, severity, now - timedelta(seconds=20), name if judged else "", confidence if judged else None,
            number if judged else None, RUN, given.pop("beam", BEAM), words,
        )  # fmt: skip
        return Alert(number, plot_type, state, evidence, at, at, at + timedelta(seconds=40), group=(group,), **given)

    s = AlertState
    return [
        one(1, "CDC_occupancy", "Tracking", 3, s.RAISED),
        one(2, "RF_selftiming", "Timing", 11, s.RAISED, confidence=0.931),
        one(3, "TOF_bars", "Timing", 26, s.CLEARED, active=False, confidence=0.874),
        one(4, "FCAL_occupancy", "Calorimeters", 2, s.RAISED, "HotChannel", Severity.WARNING, 0.71),
        one(5, "PS_pairs", "Trigger and tagger", 8, s.RAISED, severity=Severity.WARNING, kind=AlertKind.MISSING,
            words="no plot for 3 cycles of 60 s"),
        one(6, "ST_counters", "Timing", 64, s.ACKNOWLEDGED, who="shift", confidence=0.998),
        one(7, "BCAL_stripes", "Calorimeters", 190, s.SHELVED, confidence=0.95,
            shelf=Shelf("expert", "Board 14 is dead, access on Tuesday", now + timedelta(hours=5, minutes=12))),
        one(8, "RICH_tiles", "Particle identification", 1500, s.SHELVED, confidence=0.9,
            shelf=Shelf("shift", "LED run for calibration", now + timedelta(days=3))),
        one(9, "LTCC_nphe", "Particle identification", 1, s.SUPPRESSED, reason="beam 3 nA < 10 nA"),
        *(one(20 + n, name, "Tracking", 300 + 170 * n, s.CLOSED, active=False, who=PEOPLE[n % 3])
          for n, name in enumerate(PAST * 3)),
    ]  # fmt: skip


def story(now: datetime) -> list[AlertEvent]:
    def event(minutes, who, action, before, after, reason=""):
        at = now - timedelta(minutes=minutes)
        return AlertEvent(1, at, who, action, before, after, Severity.ALARM, "Bad", 1, reason)

    s, a = AlertState, AlertAction
    return [
        event(95, SYSTEM, a.RAISED, None, s.RAISED),
        event(93, "shift", a.ACKNOWLEDGED, s.RAISED, s.ACKNOWLEDGED, "called the CDC expert"),
        event(90, "expert", a.SHELVED, s.ACKNOWLEDGED, s.SHELVED, "high voltage of crate 3 is being cycled"),
        event(3, SYSTEM, a.SHELF_ENDED, s.SHELVED, s.RAISED),
    ]


class AlertStage(AlertRig):
    """The rig with the simulated hall's plots."""

    def __init__(self, now: datetime, size: tuple[int, int] = SIZE) -> None:
        self.hall = make_scene(now)
        self.good = {tile.plot.plot_id: tile.plot_type.name for tile in self.hall.view.tiles if tile.plot is not None}
        super().__init__(self.hall.view.tiles, self.picture, size=size)
        self.now = now

    def picture(self, plot_id: int) -> np.ndarray:
        if plot_id > 0:
            return self.hall.images[plot_id]
        drawing = draw(self.good[-plot_id], np.random.default_rng(-plot_id), statistics=0.8)
        return np.asarray(drawing.image.convert("RGB"))

    async def fill(self, alerts: list[Alert]) -> None:
        self.window.set_status(replace(STATUS, newest_plot_at=self.now - timedelta(seconds=4)), self.now)
        self.engine.stories[1] = story(self.now)
        self.engine.raise_alerts(*alerts)
        self.engine.drained()
        waiting = any(alert.waits for alert in alerts)
        await until(lambda: len(self.feature.desk.book) == sum(alert.open for alert in alerts), "the alerts")
        if waiting:
            await until(lambda: self.popup.pictures.now.image is not None, "the pictures")
        await asyncio.sleep(0.2)


Play = Callable[[AlertStage], Awaitable[None]]


async def _waiting(stage: AlertStage) -> None:
    await stage.fill(scene_alerts(stage.now))
    stage.window.show_screen("alerts")
    stage.engine.hold_back(GateCount("beam 3 nA < 10 nA", 17, 4))
    stage.screen.list.go_to(1)
    await until(lambda: stage.screen.detail.time_line.sizeHint().height() > 60, "the time line")
    await until(lambda: stage.screen.detail.pictures.now.image is not None, "the pictures")
    stage.popup.hide()


async def _history(stage: AlertStage) -> None:
    await stage.fill(scene_alerts(stage.now))
    stage.window.show_screen("alerts")
    stage.screen.tab_chosen.emit(AlertTab.HISTORY)
    await until(lambda: len(stage.feature.presenter.model.alerts) > 15, "the history")
    stage.popup.hide()


async def _shelved(stage: AlertStage) -> None:
    await stage.fill(scene_alerts(stage.now))
    stage.window.show_screen("alerts")
    stage.screen.tab_chosen.emit(AlertTab.SHELVED)
    stage.popup.hide()


async def _empty(stage: AlertStage) -> None:
    await stage.fill([])
    stage.window.show_screen("alerts")


async def _popup_one(stage: AlertStage) -> None:
    await stage.fill(scene_alerts(stage.now)[:1])


async def _popup_many(stage: AlertStage) -> None:
    alerts = scene_alerts(stage.now)
    await stage.fill([*alerts, *(replace(alerts[0], alert_id=50 + n, plot_type=name) for n, name in
                                 enumerate(("FDC_cathodes", "SVT_sectors", "DC_superlayers")))])  # fmt: skip


async def _popup_missing(stage: AlertStage) -> None:
    await stage.fill([])
    stage.engine.raise_alerts(replace(scene_alerts(stage.now)[4], plot_type="Unseen_plot"))
    await until(stage.popup.isVisible, "the pop-up")
    await asyncio.sleep(0.3)


def hall_alerts(now: datetime) -> list[Alert]:
    """An afternoon on which Hydra itself is in trouble."""

    def one(number, kind, subject, minutes, words, state=AlertState.RAISED, severity=Severity.ALARM, **given):
        at = now - timedelta(minutes=minutes)
        evidence = Evidence(kind, severity, now - timedelta(seconds=20), beam=BEAM, words=words)
        return Alert(number, "", state, evidence, at, at, at, subject=subject, **given)

    k = AlertKind
    return [
        one(-1, k.DATABASE, "database", 2, "away since 13:42: Check that the server runs and the disk has room."),
        one(101, k.SILENT, "feed", 14, "no plot of any type comes"),
        one(102, k.JUDGING, "inference", 6, "no engine runs, 412 plots wait"),
        one(103, k.STATION, "hall-d-feeder", 6, "feeder on daq12, not heard of any more", severity=Severity.WARNING),
    ]


async def _blind(stage: AlertStage) -> None:
    await stage.fill([])
    hall = hall_alerts(stage.now)
    stage.engine.emit(OwnAlertsChanged((replace(hall[0], change=1),)))
    stage.engine.book[-1], stage.engine.stories[-1] = hall[0], []
    stage.engine.raise_alerts(*hall[1:], *scene_alerts(stage.now)[:3])
    stage.window.show_screen("alerts")
    await until(stage.popup.isVisible, "the pop-up")
    stage.screen.list.go_to(101)
    await until(lambda: stage.screen.detail.guidance.isVisible(), "the guidance")


async def _policy(stage: AlertStage) -> None:
    await _waiting(stage)
    past = [
        WouldAlert(stage.now - timedelta(hours=7 * n), AlertKind.PROBLEM, Severity.ALARM, "Bad", n, RUN - n)
        for n in range(9, 0, -1)
    ]
    stage.engine.trials = Trials(7.0, Trial(2016, tuple(past), 21), Trial(2016, tuple(past[5:]), 21))
    before = AlertPolicy()
    change = PolicyChange("CDC_occupancy", before, replace(before, needed=3, out_of=5, grace_s=90.0), "expert",
                          stage.now - timedelta(days=2), "flickers at the start of runs")  # fmt: skip
    stage.engine.changes.append(change)
    stage.engine.policies["CDC_occupancy"] = change.after
    stage.screen.bar.policy.click()
    dialog = stage.feature.policies.dialog
    assert dialog is not None
    await until(lambda: len(dialog.form.rows) > 0, "the policy")
    dialog.try_button.click()
    await until(lambda: "4 alerts" in dialog.outcome.text(), "the trial")
    dialog.reason.setText("cell 4 is noisy until Tuesday's access")


async def _figures(stage: AlertStage) -> None:
    await stage.fill(scene_alerts(stage.now))
    worst = (
        Offender("CDC_occupancy", "CDC_occupancy", 19, 7, 2, ((7, 14, 6), (5, 5, 1))),
        Offender("RF_selftiming", "RF_selftiming", 8, 0, 0, ((3, 8, 0),)),
        Offender("TOF_bars", "TOF_bars", 5, 1, 0, ((4, 5, 1),)),
        Offender("feed", "", 2, 0, 0),
    )
    stage.engine.figures = AlertFigures(
        stage.now, stage.now, 34, 1, 71.0, 412.0, (4, 0, 9), (("shift", 18), ("expert", 11), ("coordinator", 4)),
        0.004, 2, 8, worst,
    )  # fmt: skip
    stage.window.show_screen("alerts")
    stage.screen.tab_chosen.emit(AlertTab.FIGURES)
    await until(lambda: "coordinator" in stage.screen.figures.operators.text(), "the figures")
    stage.popup.hide()


async def _missed(stage: AlertStage) -> None:
    await stage.fill([])
    stage.window.show_screen("alerts")
    stage.feature.missed.ask("CDC_occupancy")
    await until(lambda: stage.feature.missed.dialog is not None, "the question")
    dialog = stage.feature.missed.dialog
    assert dialog is not None
    next(iter(dialog.chips.values())).click()
    dialog.note.setText("a ring of hot cells at the edge")


async def _folded(stage: AlertStage) -> None:
    await _popup_one(stage)
    stage.popup.toggle_fold()


async def _shelving(stage: AlertStage) -> None:
    await _waiting(stage)
    stage.screen.ask_shelving()
    await asyncio.sleep(0.1)


SCENES: dict[str, Play] = {
    "alerts": _waiting, "alerts-history": _history, "alerts-shelved": _shelved, "alerts-empty": _empty,
    "popup": _popup_one, "popup-incident": _popup_many, "popup-missing": _popup_missing, "popup-folded": _folded,
    "alerts-shelving": _shelving, "alerts-blind": _blind, "alerts-policy": _policy,
    "alerts-missed": _missed, "alerts-figures": _figures,
}  # fmt: skip


def shoot(name: str, now: datetime, size: tuple[int, int] = SIZE) -> QImage:
    """One scene in the theme now in force; the pop-up and dialogs lie over the window as on a desktop."""
    with AlertStage(now, size) as stage:
        pictures: list[QImage] = []

        async def play() -> None:
            await SCENES[name](stage)
            await asyncio.sleep(0.3)
            pictures.append(_compose(stage))

        stage.run(play)
        return pictures[0]


def _compose(stage: AlertStage) -> QImage:
    image = stage.window.grab().toImage()
    painter = QPainter(image)
    for over in QApplication.topLevelWidgets():
        if over.isVisible() and over is not stage.window:
            corner = QPoint(image.width() - over.width() - 24, image.height() - over.height() - 24)
            middle = QPoint((image.width() - over.width()) // 2, (image.height() - over.height()) // 3)
            painter.drawImage(corner if over is stage.popup else middle, over.grab().toImage())
    painter.end()
    return image


def main(names: Collection[str] = SCENES) -> None:
    """Write the scenes asked for among `names`, in both themes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=Path("demo-output/screens"))
    parser.add_argument("--only", nargs="*", choices=names, default=list(names))
    parser.add_argument("--theme", nargs="*", default=["light", "dark"])
    parser.add_argument("--size", default="1680x1000")
    given = parser.parse_args()
    width, height = (int(part) for part in given.size.split("x"))
    app = QApplication([])
    given.into.mkdir(parents=True, exist_ok=True)
    switch = ThemeSwitch(app)
    now = datetime.now(UTC)
    for theme in given.theme:
        switch.choose(ThemeMode(theme))
        for name in given.only:
            shoot(name, now, (width, height)).save(str(given.into / f"{name}-{theme}.png"))


if __name__ == "__main__":
    main()
