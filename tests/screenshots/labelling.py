"""The Labelling screen in given states, off screen, over a real store with plots of the simulated hall.

``python -m tests.screenshots.labelling --into DIR`` writes every scene in light and dark.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import qasync
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from backend.config import Settings
from backend.domain.labelling import LabelScope, PlotOrder
from backend.domain.labels import Gesture, LabelEvent, LabelHow
from backend.domain.plots import Plot
from backend.domain.synthetic import FaultKind
from backend.simulation.catalogue import plot_types
from backend.store import Store
from hydra_gui.application import Application
from hydra_gui.demo.hall import activate_shipped
from tests.fakes.engines import settings_for
from tests.fakes.plots_to_label import add_plots, judge_plots, label_plots
from ui.labelling.values import Narrowing, Page, Which
from ui.theme.apply import ThemeMode

KIND = "FTOF_tdc"
_DEADLINE_S = 60.0


class Stage:
    """The whole program over a store of its own."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.screen = application.labelling_screen
        self.shows: QWidget | None = None

    async def until(self, true: Callable[[], object]) -> None:
        end = time.monotonic() + _DEADLINE_S
        while not true():
            assert time.monotonic() < end, "the screen did not come about"
            await asyncio.sleep(0.02)

    async def open(self) -> None:
        await self.until(lambda: self.application.labelling is not None)
        self.application.window.show_screen("labelling")
        await asyncio.sleep(0.3)

    async def settle(self) -> None:
        """Until images no longer come in."""
        bodies = self.application.labelling._bodies
        quiet, before = 0, -1
        while quiet < 10:
            await asyncio.sleep(0.05)
            quiet = quiet + 1 if bodies.size == before else 0
            before = bodies.size

    async def listed(self) -> None:
        await self.until(lambda: self.screen.grid.isVisible() and self.screen.grid.model().rowCount())
        await self.settle()

    def click(self, row: int) -> None:
        grid = self.screen.grid
        QTest.mouseClick(grid.viewport(), _LEFT, pos=grid.visualRect(grid.model().index(row, 0)).center())

    def key(self, key: str) -> None:
        QTest.keyClick(self.application.window.focusWidget() or self.screen, key)


_LEFT = Qt.MouseButton.LeftButton


async def grid(stage: Stage) -> None:
    await stage.open()
    await stage.listed()
    names = stage.application.labelling.tally.swatches()
    for row in (0, 1, 3, 4, 6, 7, 8, 9):
        stage.screen.class_keyed.emit("Good")
        stage.click(row)
    for row in (2, 5, 10):
        stage.screen.class_keyed.emit(names[1].known.name)
        stage.click(row)
    await stage.until(lambda: not stage.application.labelling.saver.pending)
    stage.screen.grid.go_to(14)
    stage.screen.grid._select(14, 17)
    await stage.settle()


async def blind(stage: Stage) -> None:
    await grid(stage)
    stage.screen.toolbar.blind.click()
    stage.screen.grid.set_zoom(2)
    await stage.settle()


async def preview(stage: Stage) -> None:
    await stage.open()
    await stage.listed()
    stage.screen.grid.go_to(7)
    stage.screen.grid.preview_toggled.emit()
    await stage.until(lambda: stage.screen.preview.plot_id >= 0)


async def single(stage: Stage) -> None:
    await grid(stage)
    stage.screen.row_opened.emit(2)
    await stage.until(lambda: stage.screen.single.image.plot_id >= 0)
    stage.screen.commented.emit("board 3 of crate 2 is dead since Tuesday")
    await stage.until(lambda: not stage.application.labelling.saver.pending)
    await asyncio.sleep(0.5)


async def uncertain(stage: Stage) -> None:
    await stage.open()
    await stage.listed()
    stage.screen.side.orders.setCurrentIndex(1)
    stage.screen.side.orders._tell(1)
    await stage.listed()
    stage.screen.side.which.showPopup()
    await asyncio.sleep(0.3)


async def waiting(stage: Stage) -> None:
    await grid(stage)
    from backend.domain.errors import StoreUnavailableError

    class Away:
        async def record(self, gesture: object) -> None:
            raise StoreUnavailableError(
                "The database does not answer (2003: Can't connect to MySQL server on 'db.example.org')."
            )

        revert = record

    stage.application.labelling.saver._api = Away()
    for row in (11, 12, 13):
        stage.click(row)
    await stage.until(lambda: stage.application.labelling.saver.waiting.labels)
    await asyncio.sleep(0.4)


async def refused(stage: Stage) -> None:
    await stage.open()
    await stage.listed()
    stage.screen.show_refusal(
        "You may look, not label: your role is Viewer. Labelling needs the role Labeller or Detector expert. "
        "Ask the run coordinator."
    )


async def nothing_left(stage: Stage) -> None:
    await stage.open()
    await stage.listed()
    stage.application.labelling.browser.open_plot_type("ST_counters")
    await stage.until(lambda: stage.application.labelling.browser.page is Page.NOTHING_LEFT)


async def failed(stage: Stage) -> None:
    await stage.open()
    stage.application.labelling.browser.show_page(
        Page.FAILED,
        "The plots cannot be read",
        "The database does not answer (Lost connection). Plots wait where they are and nothing is lost: check that "
        "the server runs and the disk has room.",
    )


async def similar(stage: Stage) -> None:
    await stage.open()
    await stage.listed()
    stage.screen.grid.go_to(2)
    stage.screen.toolbar.similar.click()
    await stage.until(lambda: stage.screen.explore.leads_back)
    await stage.settle()


async def label_all(stage: Stage) -> None:
    await similar(stage)
    stage.screen.explore.all_requested.emit()
    await stage.until(lambda: stage.screen.explore.dialog is not None)
    dialog = stage.screen.explore.dialog
    dialog.classes.show_value("Bad")
    dialog._show()
    stage.shows = dialog
    await asyncio.sleep(0.3)


async def cluster_map(stage: Stage) -> None:
    await stage.open()
    await stage.listed()
    stage.screen.explore.map_requested.emit()
    await stage.until(lambda: stage.screen.explore.map_page.map is not None)
    await asyncio.sleep(0.5)
    chart = stage.screen.explore.map_page.map
    chart._point(chart.plane.mapViewToScene(QPointF(*chart._map.places[-1])))
    await stage.until(lambda: chart.preview.plot_id >= 0)


async def map_verdicts(stage: Stage) -> None:
    await cluster_map(stage)
    chart = stage.screen.explore.map_page.map
    chart._point(QPointF(-500, -500))
    chart.legend.verdict.click()
    await asyncio.sleep(0.3)


async def map_waiting(stage: Stage) -> None:
    await stage.open()
    await stage.listed()
    stage.application.labelling.browser.show_page(Page.MAP)
    stage.screen.explore.map_page.show_progress(0.6)


async def errors(stage: Stage) -> None:
    await stage.open()
    await stage.listed()
    stage.screen.narrowed.emit(Narrowing(PlotOrder.ERRORS, Which(LabelScope.LABELLED)))
    await stage.until(lambda: not stage.screen.explore.bar.keep.isHidden())
    await stage.settle()
    stage.screen.grid.go_to(0)


async def second(stage: Stage) -> None:
    await stage.open()
    await stage.listed()
    stage.screen.narrowed.emit(Narrowing(PlotOrder.LOT, Which(LabelScope.SECOND)))
    await stage.until(lambda: stage.application.labelling.hand.second)
    await stage.settle()
    for row, name in enumerate(("Good", "Good", "Bad", "Good", "Good", "Bad")):
        stage.screen.class_keyed.emit(name)
        stage.click(row)
    await stage.until(lambda: not stage.application.labelling.saver.pending)
    stage.application.labelling.house._listed(None, None)
    await asyncio.sleep(0.6)


async def faults(stage: Stage) -> None:
    await stage.open()
    await stage.listed()
    stage.screen.explore.faults_requested.emit(0)
    await stage.until(lambda: stage.screen.explore.dialog is not None)
    dialog = stage.screen.explore.dialog
    dialog.kinds.show_value(FaultKind.NOISY)
    dialog.classes.show_value("Bad")
    dialog.canvas._set(((0.1, 0.14), (0.3, 0.14), (0.3, 0.46), (0.1, 0.46)))
    await asyncio.sleep(1.5)
    stage.shows = dialog


async def collecting(stage: Stage) -> None:
    await stage.open()
    await stage.listed()
    stage.screen.side.collecting.click()
    await stage.until(lambda: stage.screen.explore.dialog is not None)
    stage.shows = stage.screen.explore.dialog
    await asyncio.sleep(0.3)


SCENES: dict[str, Callable[[Stage], Awaitable[None]]] = {
    scene.__name__.replace("_", "-"): scene
    for scene in (
        *(grid, blind, preview, single, uncertain, waiting, refused, nothing_left, failed),
        *(similar, label_all, cluster_map, map_verdicts, map_waiting, errors, second, faults, collecting),
    )
}


def fill(settings: Settings) -> None:
    """A hall with something to label."""
    with Store.open(settings.store.effective_url, settings.store.data_dir) as store:
        activate_shipped(store, tuple(kind for kind in plot_types(1) if kind.name == KIND))
        plots = add_plots(store, KIND, 1840)
        judge_plots(store, plots)
        label_plots(store, plots[:900], "expert")
        label_plots(store, plots[900:1300], "labeller", first=900)
        flip(store, plots[20:900:70])
        label_plots(store, plots[1300:1400], "shift", first=1300)
        for kind, count in (("CDC_occupancy", 160), ("ST_counters", 40), ("BCAL_stripes", 90)):
            others = add_plots(store, kind, count)
            label_plots(store, others[: count if kind == "ST_counters" else count // 3], "labeller")


def flip(store: Store, plots: Sequence[Plot]) -> None:
    """Have somebody err on these."""
    said = {item.plot.plot_id: item.label.classification for item in store.labelling.items([p.plot_id for p in plots])}
    events = tuple(LabelEvent(n, "Bad" if name == "Good" else "Good", LabelHow.PAINTED) for n, name in said.items())
    store.gestures.record(Gesture(uuid.uuid4(), KIND, "shift", datetime.now(UTC), events))


def shoot(name: str, theme: ThemeMode, into: Path, qt: QApplication, size: tuple[int, int], hall: Path) -> None:
    with tempfile.TemporaryDirectory() as place:
        shutil.copytree(hall, place, dirs_exist_ok=True)
        settings = settings_for(Path(place), experiment={"name": "Hall D"})
        loop = qasync.QEventLoop(qt)
        with loop:
            loop.run_until_complete(_play(name, theme, into, qt, settings, size))


async def _play(
    name: str, theme: ThemeMode, into: Path, qt: QApplication, settings: Settings, size: tuple[int, int]
) -> None:
    application = Application(qt, settings, settings.store.data_dir / "window.json")
    application.theme.choose(theme)
    application.window.resize(*size)
    application.show()
    living = asyncio.ensure_future(application.live())
    stage = Stage(application)
    await SCENES[name](stage)
    await asyncio.sleep(0.1)
    picture = application.window.grab()
    if stage.shows is not None:  # a dialog is a window of its own
        with QPainter(picture) as painter:
            over = stage.shows.grab()
            left, top = ((picture.width() - over.width()) // 2, (picture.height() - over.height()) // 2)
            painter.drawPixmap(left, top, over)
    picture.save(str(into / f"labelling-{name}-{theme.value}.png"))
    if stage.shows is not None:
        stage.shows.close()
    application.window.close()
    await living


def main() -> None:
    """Write the scenes asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=Path("demo-output/screens"))
    parser.add_argument("--only", nargs="*", choices=SCENES, default=list(SCENES))
    parser.add_argument("--theme", nargs="*", choices=("light", "dark"), default=["light", "dark"])
    parser.add_argument("--size", default="1680x1000")
    given = parser.parse_args()
    width, height = (int(n) for n in given.size.split("x"))
    given.into.mkdir(parents=True, exist_ok=True)
    qt = QApplication([])
    qt.setQuitOnLastWindowClosed(False)
    with tempfile.TemporaryDirectory() as hall:
        fill(settings_for(Path(hall)))
        for name in given.only:
            for theme in given.theme:
                shoot(name, ThemeMode(theme), given.into, qt, (width, height), Path(hall))


if __name__ == "__main__":
    main()
