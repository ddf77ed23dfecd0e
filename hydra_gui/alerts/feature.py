"""Everything about alerts in one window, made and wired in one place, stopped in reverse order."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QImage, QKeySequence, QShortcut

from backend.domain.hall import PlotDetail
from backend.events import AlertsEscalated
from hydra_gui.alerts.desk import AlertDesk
from hydra_gui.alerts.elsewhere import ElsewherePresenter
from hydra_gui.alerts.hush import Hush
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
        hush: Hush | None = None,
    ) -> None:
        super().__init__()
        self._window, self._screen = window, screen
        self._hush = hush or Hush()
        self.desk = AlertDesk(engine, bridge, who_am_i())
        self.sounder = Sounder(find_player() if player is _FIND else player, self, self._hush)
        self.presenter = AlertsPresenter(engine, self.desk, self.sounder, screen)
        self.notifier = AlertNotifier(engine, self.desk, self.sounder, window, banner)
        self.policies = PolicyPresenter(engine, window, who_am_i())
        self.missed = MissedPresenter(engine, window, who_am_i())
        self.missed.noticed.connect(self.noticed)
        self.missed.problem_occurred.connect(self.problem_occurred)
        screen.policy_requested.connect(self.policies.open)
        self.policies.noticed.connect(self.noticed)
        self.elsewhere = ElsewherePresenter(engine.outward, window, who_am_i())
        self._connect()
        bridge.status_changed.connect(self.presenter.show_status)
        bridge.alerts_escalated.connect(self._escalate)
        self.desk.start()

    def _connect(self) -> None:
        for part in (self.presenter, self.notifier):
            part.problem_occurred.connect(self.problem_occurred)
            part.open_requested.connect(self.plot_requested)
            self._window.ticked.connect(part.tick)
        self.desk.refused.connect(self.problem_occurred)
        self.desk.done.connect(self.noticed)
        self.notifier.alert_requested.connect(self._show)
        self.elsewhere.problem_occurred.connect(self.problem_occurred)
        self.elsewhere.noticed.connect(self.noticed)
        self._screen.elsewhere_requested.connect(self.elsewhere.show_panel)
        self._screen.detail.entry_requested.connect(self._ask_entry)
        key = QShortcut(QKeySequence("Ctrl+K"), self._window)
        key.setContext(Qt.ShortcutContext.WindowShortcut)
        key.activated.connect(self.notifier.acknowledge_first)

    async def close(self) -> None:
        """Stop in reverse order of start."""
        await self.elsewhere.close()
        await self.missed.close()
        await self.policies.close()
        await self.notifier.close()
        await self.presenter.close()
        self.sounder.close()
        await self.desk.close()

    @Slot(object)
    def _escalate(self, event: AlertsEscalated) -> None:
        self.notifier.escalate(event.alert_ids, self._hush.escalated_ms)

    @Slot()
    def _ask_entry(self) -> None:
        pane = self._screen.detail
        if pane.detail is not None:
            self.elsewhere.ask_for_alert(pane.detail, pane.pictures.now.image)

    @Slot(object, object)
    def ask_plot_entry(self, detail: PlotDetail, image: QImage | None) -> None:
        """A logbook entry about any plot."""
        self.elsewhere.ask_for_plot(detail, image)

    @Slot(int)
    def _show(self, alert_id: int) -> None:
        self._window.show_screen("alerts")
        self.presenter.show(alert_id)
