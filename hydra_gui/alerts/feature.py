"""Everything about alerts in one window, made and wired in one place, stopped in reverse order."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut

from hydra_gui.alerts.desk import AlertDesk
from hydra_gui.alerts.missed import MissedPresenter
from hydra_gui.alerts.notifier import AlertNotifier
from hydra_gui.alerts.pictures import AlertEngine
from hydra_gui.alerts.players import Player, find_player
from hydra_gui.alerts.policies import PolicyPresenter
from hydra_gui.alerts.presenter import AlertsPresenter
from hydra_gui.alerts.sounder import Sounder
from hydra_gui.bridge import Bridge
from hydra_gui.person import who_am_i
from ui.alerts.banner import AlertBanner
from ui.alerts.screen import AlertsScreen
from ui.shell.window import MainWindow

_FIND = Player("")
"""Stands for: look for one."""


class AlertsFeature(QObject):
    """Starts at once. `player` is what plays sounds, None for none; by default what is found on this system."""

    plot_requested = Signal(str)
    """Show this plot type on the Live screen."""
    problem_occurred = Signal(str)
    noticed = Signal(str)

    def __init__(
        self,
        engine: AlertEngine,
        bridge: Bridge,
        window: MainWindow,
        screen: AlertsScreen,
        banner: AlertBanner,
        player: Player | None = _FIND,
    ) -> None:
        super().__init__()
        self._window = window
        self.desk = AlertDesk(engine, bridge, who_am_i())
        self.sounder = Sounder(find_player() if player is _FIND else player, self)
        self.presenter = AlertsPresenter(engine, self.desk, self.sounder, screen)
        self.notifier = AlertNotifier(engine, self.desk, self.sounder, window, banner)
        self.policies = PolicyPresenter(engine, window, who_am_i())
        self.missed = MissedPresenter(engine, window, who_am_i())
        self.missed.noticed.connect(self.noticed)
        self.missed.problem_occurred.connect(self.problem_occurred)
        screen.policy_requested.connect(self.policies.open)
        self.policies.noticed.connect(self.noticed)
        self._connect()
        bridge.status_changed.connect(self.presenter.show_status)
        self.desk.start()

    def _connect(self) -> None:
        for part in (self.presenter, self.notifier):
            part.problem_occurred.connect(self.problem_occurred)
            part.open_requested.connect(self.plot_requested)
            self._window.ticked.connect(part.tick)
        self.desk.refused.connect(self.problem_occurred)
        self.desk.done.connect(self.noticed)
        self.notifier.alert_requested.connect(self._show)
        key = QShortcut(QKeySequence("Ctrl+K"), self._window)
        key.setContext(Qt.ShortcutContext.WindowShortcut)
        key.activated.connect(self.notifier.acknowledge_first)

    async def close(self) -> None:
        """Stop in reverse order of start."""
        await self.missed.close()
        await self.policies.close()
        await self.notifier.close()
        await self.presenter.close()
        self.sounder.close()
        await self.desk.close()

    @Slot(int)
    def _show(self, alert_id: int) -> None:
        self._window.show_screen("alerts")
        self.presenter.show(alert_id)
