"""The Live screen put together as the program does it, on a fake engine, with a loop to run it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import qasync
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QWidget

from backend.domain.hall import Tile
from hydra_gui.bridge import Bridge
from hydra_gui.live.presenter import LivePresenter
from hydra_gui.preferences import PreferencesFile
from tests.fakes.engine import FakeEngine
from ui.detail.pane import DetailPane
from ui.live.screen import LiveScreen

T = TypeVar("T")
DEADLINE_S = 60.0


class QtLoop:
    """A qasync loop over the application, closed at the end."""

    def __init__(self) -> None:
        application = QApplication.instance()
        self._loop = qasync.QEventLoop(application)
        asyncio.set_event_loop(self._loop)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` to its end, or fail after a deadline."""
        return self._loop.run_until_complete(asyncio.wait_for(work, 6 * DEADLINE_S))

    def close(self) -> None:
        self._loop.close()
        asyncio.set_event_loop(None)


async def until(true: Callable[[], object], what: str = "the condition") -> None:
    """Let the window work until `true()`; fails after a deadline."""
    end = time.monotonic() + DEADLINE_S
    while not true():
        assert time.monotonic() < end, f"{what} did not come about"
        await asyncio.sleep(0.005)


async def turns(count: int = 5) -> None:
    """Let the window work a few turns of its loop."""
    for _ in range(count):
        await asyncio.sleep(0.005)


def delete_now(*objects: QWidget) -> None:
    """Close widgets and have Qt delete them before the test ends."""
    for item in objects:
        item.close()
        item.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


class LiveRig:
    """Engine, bridge, screen, detail pane and presenter; everything is stopped at the end of the with block."""

    def __init__(self, folder: Path, tiles: Iterable[Tile] = (), size: tuple[int, int] = (1500, 900)) -> None:
        self.path = folder / "window.json"
        self.loop = QtLoop()
        self.engine = FakeEngine(tiles)
        self.bridge = Bridge(self.engine)
        self.screen = LiveScreen()
        self.detail = DetailPane()
        self.screen.set_detail(self.detail)
        self.presenter = LivePresenter(self.engine, self.bridge, self.screen, self.detail, PreferencesFile(self.path))
        self.problems: list[str] = []
        self.presenter.problem_occurred.connect(self.problems.append)
        self.screen.resize(*size)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bridge.close()
        self.loop.run(self.presenter.close())
        self.engine.close()
        delete_now(self.screen)
        self.loop.close()

    def run(self, scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Open the window, wait for the first view, then play the scenario."""
        self.loop.run(self._play(scenario))

    async def _play(self, scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
        begun: list[bool] = []
        self.presenter.started.connect(lambda: begun.append(True))
        self.bridge.open()
        self.screen.show()
        self.presenter.start()
        await until(lambda: begun, "the first view")
        await scenario()
