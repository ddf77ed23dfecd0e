"""A whole window with the Alerts feature on a fake engine, with a loop to run it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from types import TracebackType
from typing import Any, Self

import numpy as np
from PySide6.QtWidgets import QLabel

from backend.domain.hall import Tile
from hydra_gui.alerts.feature import AlertsFeature
from hydra_gui.alerts.players import Player
from hydra_gui.bridge import Bridge
from tests.fakes.alert_engine import FakeAlertEngine
from tests.fakes.live_rig import QtLoop, delete_now
from ui.alerts.banner import AlertBanner
from ui.alerts.popup import AlertPopup
from ui.alerts.screen import AlertsScreen
from ui.shell.screen import Screen
from ui.shell.window import MainWindow


class AlertRig:
    """Everything is stopped at the end of the with block. `elsewhere` is another screen of the window."""

    def __init__(
        self,
        tiles: Iterable[Tile] = (),
        draw: Callable[[int], np.ndarray] | None = None,
        player: Player | None = None,
        size: tuple[int, int] = (1500, 900),
    ) -> None:
        self.loop = QtLoop()
        self.engine = FakeAlertEngine(tiles, draw)
        self.bridge = Bridge(self.engine)
        self.screen, self.banner = AlertsScreen(), AlertBanner()
        elsewhere, alerts = QLabel("elsewhere"), self.screen
        self.window = MainWindow(
            [Screen("live", "Live", "live", elsewhere), Screen("alerts", "Alerts", "alerts", alerts)]
        )
        self.window.add_banner(self.banner)
        self.window.resize(*size)
        self._feature: AlertsFeature | None = None
        self._player = player
        self.problems: list[str] = []
        self.plots: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bridge.close()
        if self._feature is not None:
            self.loop.run(self._feature.close())
        self.engine.close()
        delete_now(self.window)
        self.loop.close()

    @property
    def feature(self) -> AlertsFeature:
        """Made by `run`."""
        assert self._feature is not None
        return self._feature

    @property
    def popup(self) -> AlertPopup:
        """The pop-up."""
        return self.feature.notifier.popup

    def run(self, scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Open the window, then play the scenario."""
        self.loop.run(self._play(scenario))

    async def _play(self, scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self.bridge.open()
        self._feature = AlertsFeature(self.engine, self.bridge, self.window, self.screen, self.banner, self._player)
        self.feature.problem_occurred.connect(self.problems.append)
        self.feature.plot_requested.connect(self.plots.append)
        self.window.show()
        await scenario()
