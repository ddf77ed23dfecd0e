"""The window in a given state, drawn off screen: for the eye, for documents, and for tests.

``python -m tests.screenshots.stage --into DIR`` writes every scene in light and dark at both window sizes, at the
scale of QT_SCALE_FACTOR.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PIL import Image
from PySide6.QtCore import QEvent
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from backend.domain.classifications import Severity
from backend.domain.hall import ExactMap, MapOffer, MapRequest, PlotDetail
from backend.domain.predictions import HeatMap
from hydra_gui.live.attention_model import AttentionModel
from hydra_gui.live.grid_model import Choice, GridModel
from hydra_gui.live.quarantine import QuarantineModel
from hydra_gui.live.tile_book import TileBook
from hydra_gui.live.tile_images import TileImages
from tests.fakes.engine import FakeEngine
from tests.fakes.hall_views import BLIND, STATUS, Scene, make_scene, set_aside
from ui.detail.pane import DetailPane
from ui.live.screen import LiveScreen, LiveState
from ui.messages import Message
from ui.shell.screen import Screen
from ui.shell.window import MainWindow
from ui.theme.apply import ThemeMode, ThemeSwitch
from ui.welcome.view import WelcomeView

SIZES = ((1680, 1000), (1280, 800))
_DEADLINE_S = 60.0
_HEAT = 0.6


def to_image(rgb: np.ndarray) -> QImage:
    """An image of its own from uint8 (h, w, 3)."""
    whole = np.ascontiguousarray(rgb)
    height, width, _ = whole.shape
    return QImage(whole.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


@dataclass(eq=False)
class Stage:
    """A window with the hall of `scene` in it; `close` ends every thread."""

    scene: Scene
    now: datetime

    def __post_init__(self) -> None:
        images = self.scene.images
        self.engine = FakeEngine(self.scene.view.tiles, lambda plot_id: images[plot_id])
        self.tile_images = TileImages(self.engine)
        self.book = TileBook()
        self.grid = GridModel(self.book, self.tile_images)
        self.attention = AttentionModel(self.book, self.tile_images)
        self.live, self.detail, self.welcome = LiveScreen(), DetailPane(), WelcomeView()
        self.quarantine = QuarantineModel()
        self.window = MainWindow(
            [Screen("live", "Live", "live", self.live)], title="Hydra · Hall D", clock=lambda: self.now
        )
        self._wire()

    def _wire(self) -> None:
        self.live.grid_spec_changed.connect(self.grid.set_body_spec)
        self.live.attention_spec_changed.connect(self.attention.set_body_spec)
        self.live.set_models(self.grid, self.attention)
        self.live.set_classifications({known.name: known for known in self.scene.view.classifications})
        self.live.set_detail(self.detail)
        self.live.set_empty(self.welcome)
        self.grid.choose(Choice())
        self.grid.set_heat(0.0, both_at=_HEAT)
        self.attention.set_heat(_HEAT)
        self.window.quarantine.set_model(self.quarantine)
        self.quarantine.show(set_aside(self.now))

    def fill(self) -> None:
        """Put the hall's tiles on the screen."""
        changes = self.book.update(self.scene.view.tiles)
        self.grid.apply(changes)
        self.attention.apply(changes)
        self.live.show_counts(self.grid.counts())
        self.live.show_attention_count(self.attention.count)
        self.live.show_state(LiveState.READY)
        self.window.set_status(replace(STATUS, newest_plot_at=self.now - timedelta(seconds=4)), self.now)

    def choose(self, plot_type: str) -> None:
        """Select a plot type and show its detail."""
        detail = self.scene.details[plot_type]
        self.live.select(plot_type)
        self.detail.show_detail(detail, self.scene.view.classifications)
        self.detail.set_heat_visible(True)
        if detail.tile.plot is not None:
            self.detail.show_image(detail.tile.plot.plot_id, to_image(self.scene.images[detail.tile.plot.plot_id]))

    def settle(self) -> None:
        """Let layouts and composing threads come to rest."""
        deadline, quiet = time.monotonic() + _DEADLINE_S, 0
        while time.monotonic() < deadline and quiet < 5:
            before = self.tile_images.size
            QApplication.processEvents()
            time.sleep(0.02)
            quiet = quiet + 1 if self.tile_images.size == before else 0

    def close(self) -> None:
        """Close the window, take it apart and end the threads."""
        self.window.close()
        self.window.deleteLater()
        QApplication.sendPostedEvents(self.window, QEvent.Type.DeferredDelete)
        self.tile_images.close()
        self.engine.close()


def _live(stage: Stage) -> None:
    stage.fill()
    stage.choose("CDC_occupancy")


def _exact_stage(stage: Stage, offer: MapOffer, heat: HeatMap | None = None) -> PlotDetail:
    """An expert's look at the dead board; without `heat`, its model yields no map."""
    stage.fill()
    name = "CDC_occupancy"
    whole = stage.scene.details[name]
    detail = replace(whole, exact=offer, tile=replace(whole.tile, heat_map=heat))
    stage.choose(name)
    stage.detail.show_detail(detail, stage.scene.view.classifications)
    return detail


_OFFER = MapOffer(tuple(f"mixed{number}" for number in range(11)))


def _exact_offered(stage: Stage) -> None:
    _exact_stage(stage, _OFFER)


def _exact_refused(stage: Stage) -> None:
    _exact_stage(stage, MapOffer(refused="TensorFlow, which computes them, is not installed on this station."))


def _exact_working(stage: Stage) -> None:
    _exact_stage(stage, _OFFER)
    stage.detail.show_exact_working()


def _exact_shown(stage: Stage) -> None:
    detail = _exact_stage(stage, _OFFER)
    stage.detail.exact.layer.choose("mixed7")
    usual = stage.scene.details["CDC_occupancy"].tile.heat_map
    assert usual is not None
    assert detail.tile.plot is not None
    request = MapRequest(detail.tile.plot, 7, "Bad", "mixed7")
    fine = HeatMap(np.asarray(Image.fromarray(usual.values).resize((17, 17))))
    stage.detail.show_exact(ExactMap(request, fine, "mixed7", 3.1))


def _exact_failed(stage: Stage) -> None:
    _exact_stage(stage, _OFFER)
    stage.detail.show_exact_error(
        "The exact map could not be computed: the reference engine was ended by SIGKILL, twice. The verdict still "
        "stands. Choose another layer, and look into /home/crew/.cache/hydra-gui/reference-engine.log."
    )


def _unconfirmed(stage: Stage) -> None:
    stage.fill()
    stage.choose("FDC_cathodes")


def _nothing_selected(stage: Stage) -> None:
    stage.fill()


def _no_model(stage: Stage) -> None:
    stage.fill()
    stage.choose("ECAL_energy")


def _blind(stage: Stage) -> None:
    _live(stage)
    newest = stage.now - timedelta(minutes=12)
    stage.window.set_status(replace(STATUS, health=BLIND, newest_plot_at=newest), stage.now)


def _large(stage: Stage) -> None:
    _live(stage)
    QApplication.processEvents()
    stage.detail.open_large()


def _set_aside(stage: Stage) -> None:
    _live(stage)
    stage.window.toggle_quarantine()


def _messages(stage: Stage) -> None:
    _live(stage)
    stage.window.note("Saved CDC_occupancy.png")
    stage.window.tell(
        Message(
            "The folder /data/plots cannot be read.",
            "No new plots are taken in; what is stored stays.",
            "Ask the administrator for read permission.",
            "PermissionError: [Errno 13] Permission denied: '/data/plots'",
            Severity.ALARM,
        )
    )
    stage.window.tell(
        Message(
            "The image was not saved.", "The plot itself is safe in the store.", "Choose a folder you may write to."
        )
    )


def _first_start(stage: Stage) -> None:
    stage.live.show_state(LiveState.EMPTY)
    stage.window.set_status(replace(STATUS, run=None, newest_plot_at=None, quarantined=0), stage.now)


def _waiting(stage: Stage) -> None:
    _first_start(stage)
    stage.welcome.show_waiting(Path("/data/plots"))


def _unseen(stage: Stage) -> None:
    _first_start(stage)
    stage.welcome.show_unseen(Path("/data/plots"), "the account of this program may not read it.", "Ask for the right.")


SCENES: dict[str, Callable[[Stage], None]] = {
    "live": _live,
    "exact-offered": _exact_offered,
    "exact-refused": _exact_refused,
    "exact-working": _exact_working,
    "exact-shown": _exact_shown,
    "exact-failed": _exact_failed,
    "unconfirmed": _unconfirmed,
    "nothing-selected": _nothing_selected,
    "no-model": _no_model,
    "blind": _blind,
    "large": _large,
    "set-aside": _set_aside,
    "messages": _messages,
    "first-start": _first_start,
    "waiting": _waiting,
    "unseen": _unseen,
}


def shoot(name: str, size: tuple[int, int], scene: Scene, now: datetime) -> QImage:
    """One scene in the theme now in force; `now` is when the window is looked at."""
    stage = Stage(scene, now)
    try:
        stage.window.resize(*size)
        stage.window.show()
        SCENES[name](stage)
        stage.settle()
        return stage.window.grab().toImage()
    finally:
        stage.close()


def main() -> None:
    """Write the scenes asked for, each in both themes and sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=Path(os.environ.get("HYDRA_SCREENSHOTS", "demo-output/screens")))
    parser.add_argument("--only", nargs="*", choices=SCENES, default=list(SCENES))
    parser.add_argument("--theme", choices=("light", "dark"))
    parser.add_argument("--size", help="such as 1280x800")
    given = parser.parse_args()
    app = QApplication([])
    given.into.mkdir(parents=True, exist_ok=True)
    sizes = [tuple(int(n) for n in given.size.split("x"))] if given.size else SIZES
    themes = [given.theme] if given.theme else ["light", "dark"]
    switch = ThemeSwitch(app)
    now = datetime.now(UTC)
    scene = make_scene(now)
    for theme in themes:
        switch.choose(ThemeMode(theme))
        for width, height in sizes:
            for name in given.only:
                shoot(name, (width, height), scene, now).save(str(given.into / f"{name}-{theme}-{width}x{height}.png"))


if __name__ == "__main__":
    main()
