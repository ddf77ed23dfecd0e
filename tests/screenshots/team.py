"""The drawer of the Labelling screen and an open label bundle, off screen, over a real store of the simulated hall.

``python -m tests.screenshots.team --into DIR`` writes every scene in light and dark.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import tempfile
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import qasync
from PySide6.QtWidgets import QApplication

from backend.config import Settings
from backend.domain.label_bundles import BundleRequest
from backend.domain.labelling import LabelScope
from backend.domain.labels import Gesture, LabelEvent, LabelHow
from backend.offline.applying import apply_bundle
from backend.offline.checking import bundle_url
from backend.offline.making import make_bundle
from backend.services.label_bundles import open_bundle
from backend.store import Store
from hydra_gui.application import Application
from tests.fakes.engines import settings_for
from tests.fakes.plots_to_label import add_plots, label_plots
from tests.screenshots.labelling import KIND, Stage
from ui.team.values import Home, HomeState, TeamPage
from ui.theme.apply import ThemeMode

BUNDLE = "FTOF_tdc.hydralabels"


async def leaders(stage: Stage) -> None:
    await open_page(stage, TeamPage.LEADERS)
    await stage.until(lambda: stage.screen.team.leaders.people.isVisible())


async def leaders_empty(stage: Stage) -> None:
    await open_page(stage, TeamPage.LEADERS)
    stage.application.labelling.browser.open_plot_type("BCAL_stripes")
    await stage.until(lambda: stage.screen.team.leaders.note.isVisible())
    await asyncio.sleep(0.5)


async def disagreements(stage: Stage) -> None:
    await open_page(stage, TeamPage.DISAGREEMENTS)
    await stage.until(lambda: stage.screen.team.disagreements.picture.image is not None)


async def agreement(stage: Stage) -> None:
    await open_page(stage, TeamPage.DISAGREEMENTS)
    page = stage.screen.team.disagreements
    await stage.until(lambda: page.picture.image is not None)
    for _ in range(len(stage.application.team.model.rows)):
        left = len(stage.application.team.model.rows)
        page.late.take.click()
        await stage.until(lambda left=left: len(stage.application.team.model.rows) < left)


async def refused(stage: Stage) -> None:
    await disagreements(stage)
    stage.screen.team.disagreements.show_refusal(
        "You may look, not label: your role is Viewer. Ask the run coordinator for the role Labeller."
    )


async def take_along(stage: Stage) -> None:
    await open_page(stage, TeamPage.BUNDLES)
    await asyncio.sleep(0.4)


async def under_way(stage: Stage) -> None:
    await take_along(stage)
    stage.screen.team.bundles.show_progress(2940, 10000)


async def made(stage: Stage) -> None:
    await take_along(stage)
    page = stage.screen.team.bundles
    page.make_requested.emit(Path(tempfile.mkdtemp()) / "FTOF_tdc", page.request(), "")
    await stage.until(lambda: page.result.symbol is not None)


async def not_applied(stage: Stage) -> None:
    await take_along(stage)
    path = Path(tempfile.mkdtemp()) / "holiday.hydralabels"
    path.write_bytes(b"no label bundle")
    stage.screen.team.bundles.apply_requested.emit(path)
    await stage.until(lambda: stage.screen.team.bundles.result.symbol is not None)


async def bundle(stage: Stage) -> None:
    await stage.listed()
    for row in (0, 1, 2):
        stage.screen.class_keyed.emit("Good")
        stage.click(row)
    await stage.until(lambda: not stage.application.labelling.saver.pending)
    await stage.settle()


async def bundle_away(stage: Stage) -> None:
    await bundle(stage)
    words = "The hall’s database cannot be seen from here. Every label is saved in this file and brought when it can."
    stage.screen.bundle_bar.show_home(Home(HomeState.AWAY, 3, 3, words))


async def bundle_home(stage: Stage) -> None:
    await bundle(stage)
    words = (
        "Last brought at 14:02. Every label is in this file as well. 2 plots have two labels there: somebody settles "
        "them in the hall."
    )
    stage.screen.bundle_bar.show_home(Home(HomeState.HOME, 3, 0, words, 2))


async def bundle_refused(stage: Stage) -> None:
    await bundle(stage)
    words = (
        "The database refuses this (1142: INSERT command denied). Nothing is stored until that is mended: this "
        "account's role does not include it. Ask the administrator for another role."
    )
    stage.screen.bundle_bar.show_home(Home(HomeState.REFUSED, 3, 3, words))


async def welcome(stage: Stage) -> None:
    await stage.until(lambda: stage.application.presenter is not None)
    stage.application.window.show_screen("live")
    await asyncio.sleep(1.0)


async def open_page(stage: Stage, page: TeamPage) -> None:
    await stage.open()
    await stage.listed()
    stage.screen.team.open_page(page)
    await stage.settle()


IN_THE_HALL = (
    leaders, leaders_empty, disagreements, agreement, refused, take_along, under_way, made, not_applied, welcome,
)  # fmt: skip
IN_A_BUNDLE = (bundle, bundle_away, bundle_home, bundle_refused)
SCENES: dict[str, Callable[[Stage], Awaitable[None]]] = {
    scene.__name__.replace("_", "-"): scene for scene in (*IN_THE_HALL, *IN_A_BUNDLE)
}


def fill(settings: Settings, place: Path) -> None:
    """A hall in which three people label, one of them on a laptop, who disagrees on some plots."""
    with Store.open(settings.store.effective_url, settings.store.data_dir) as store:
        plots = add_plots(store, KIND, 640)
        add_plots(store, "BCAL_stripes", 12)
        others = add_plots(store, "CDC_occupancy", 80)
        for ago in range(1, 14):
            _label(store, plots[ago * 20 : ago * 20 + 5 + ago % 4 * 4], "expert", ago, "Good")
        label_plots(store, plots[300:390], "labeller", first=300)
        label_plots(store, others[:30], "shift")
        made = BundleRequest((KIND,), LabelScope.UNLABELLED, limit=250)
        make_bundle(store, place / BUNDLE, made, who="expert", experiment="Hall D")
        fork = BundleRequest((KIND,), LabelScope.ALL)
        make_bundle(store, place / "away", fork, who="expert", experiment="Hall D")
        away = place / "away.hydralabels"
        with Store.open(bundle_url(away), place / "laptop") as laptop:
            _label(laptop, plots[400:406], "expert", 0, "Good")
        label_plots(store, plots[400:404], "labeller", first=400)
        _label(store, plots[404:405], "shift", 0, None)
        _label(store, plots[406:408], "labeller", 0, "Good")
        apply_bundle(store, away)


def _label(store: Store, plots: list[object], who: str, days_ago: int, word: str | None) -> None:
    events = tuple(LabelEvent(plot.plot_id, word, LabelHow.PAINTED) for plot in plots)  # type: ignore[attr-defined]
    store.gestures.record(Gesture(uuid.uuid4(), KIND, who, datetime.now(UTC) - timedelta(days=days_ago), events))


def shoot(name: str, theme: ThemeMode, into: Path, qt: QApplication, size: tuple[int, int], hall: Path) -> None:
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        shutil.copytree(hall, place, dirs_exist_ok=True)
        settings = settings_for(place, experiment={"name": "Hall D"}, input={"directory": None})
        session = open_bundle(place / BUNDLE, settings) if SCENES[name] in IN_A_BUNDLE else None
        loop = qasync.QEventLoop(qt)
        with loop:
            application = Application(qt, session.settings if session else settings, place / "window.json", session)
            loop.run_until_complete(_play(application, name, theme, into, size))


async def _play(application: Application, name: str, theme: ThemeMode, into: Path, size: tuple[int, int]) -> None:
    application.theme.choose(theme)
    application.window.resize(*size)
    application.show()
    living = asyncio.ensure_future(application.live())
    try:
        await SCENES[name](Stage(application))
        await asyncio.sleep(0.1)
        application.window.grab().save(str(into / f"team-{name}-{theme.value}.png"))
    finally:
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
        fill(settings_for(Path(hall)), Path(hall))
        for name in given.only:
            for theme in given.theme:
                shoot(name, ThemeMode(theme), given.into, qt, (width, height), Path(hall))


if __name__ == "__main__":
    main()
