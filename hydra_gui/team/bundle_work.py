"""Making and applying label bundles from the window: off its thread, with progress, and ended when it is closed."""

from __future__ import annotations

import threading
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from backend.api import TeamApi
from backend.domain.errors import HydraError
from backend.domain.label_bundles import Applied, BundleMade, BundleRequest
from backend.services.run_ranges import run_spans
from hydra_gui.tasks import Tasks
from ui.team.bundles_page import BundlesPage
from ui.wording import number

T = TypeVar("T")
_SHOW_MS = 150


class BundleWork(QObject):
    """Drives the page; one piece of work at a time."""

    applied = Signal()
    """Labels came home: counts and lists may be others now."""

    def __init__(self, api: TeamApi, page: BundlesPage, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._api, self._page, self._tasks = api, page, tasks
        self.who = ""
        self._going = threading.Event()
        self._done = (0, 0)
        self._timer = QTimer(self)
        self._timer.setInterval(_SHOW_MS)
        self._timer.timeout.connect(self._show)
        page.make_requested.connect(self._make)
        page.apply_requested.connect(self._apply)
        page.cancel_requested.connect(self.stop)

    def stop(self) -> None:
        """End what goes on; a bundle that is not complete is not kept, labels that were brought stay."""
        self._going.clear()
        self._timer.stop()

    def _note(self, done: int, of: int) -> bool:
        """On the thread that does it."""
        self._done = (done, of)
        return self._going.is_set()

    def _show(self) -> None:
        self._page.show_progress(*self._done)

    def _begin(self) -> None:
        self._done = (0, 0)
        self._going.set()
        self._show()
        self._timer.start()

    def _make(self, path: Path, request: BundleRequest, runs: str) -> None:
        self._begin()
        self._tasks.start("bundle", self._told(self._make_it(path, request, runs), "The plots were not taken along"))

    async def _make_it(self, path: Path, request: BundleRequest, runs: str) -> None:
        wanted = replace(request, runs=run_spans(runs))
        made = await self._api.make_bundle(path, wanted, self.who, self._note)
        self._page.show_result(*made_words(made, path), well=not made.left_out)

    def _apply(self, path: Path) -> None:
        self._begin()
        self._tasks.start("bundle", self._told(self._apply_it(path), "The labels were not brought home"))

    async def _apply_it(self, path: Path) -> None:
        done = await self._api.apply_bundle(path, self._note)
        self._page.show_result(*applied_words(done), well=not done.refused)
        self.applied.emit()

    async def _told(self, work: Awaitable[None], title: str) -> None:
        try:
            await work
        except HydraError as error:
            self._page.show_result(title, str(error), well=False)
        finally:
            self.stop()


def made_words(made: BundleMade, path: Path) -> tuple[str, str]:
    """What a person reads of a bundle that was made."""
    plots = number(made.manifest.plots)
    left = f" {number(made.left_out)} were left out: the store has their images no more." if made.left_out else ""
    return (
        f"{plots} plots are in {path.name}",
        f"{made.size / 1e6:.0f} MB in {path.parent}. Copy it to the laptop and open it there with this program.{left}",
    )


def applied_words(done: Applied) -> tuple[str, str]:
    """What a person reads of labels that came home."""
    before = f"{number(done.known)} were here before. " if done.known else ""
    disputes = (
        f"{number(done.disagreements)} plots have two labels now: see Disagreements. " if done.disagreements else ""
    )
    refused = f"Left out: {'; '.join(done.refused)}." if done.refused else ""
    people = f"Of {', '.join(done.people)}. " if done.people else ""
    return f"{number(done.written)} labels came home", f"{people}{before}{disputes}{refused}".strip()
