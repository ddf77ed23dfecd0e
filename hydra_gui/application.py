"""The composition root of the window: everything is made here, wired by constructor, and stopped in reverse order.

The window with the Live screen comes first. What takes time to import (database, inference), and the other screens,
follow once it has been painted.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Signal, Slot
from PySide6.QtWidgets import QApplication

from backend.config import Settings
from hydra_gui.another_program import open_program
from hydra_gui.error_notifier import ErrorNotifier
from hydra_gui.first_paint import FirstPaint
from hydra_gui.fluency import favour_window, settle
from hydra_gui.garbage import GarbageCollector
from hydra_gui.startup_report import report_startup
from hydra_gui.watched import WatchedFolder
from ui.detail.pane import DetailPane
from ui.live.screen import LiveScreen
from ui.messages import Message
from ui.shell.screen import Screen
from ui.shell.window import MainWindow
from ui.theme.apply import ThemeSwitch
from ui.welcome.view import WelcomeView

if TYPE_CHECKING:
    from backend.engine.thread import EngineThread
    from backend.services.label_bundles import BundleSession
    from hydra_gui.alerts.feature import AlertsFeature
    from hydra_gui.bridge import Bridge
    from hydra_gui.labelling.presenter import LabellingPresenter
    from hydra_gui.live.presenter import LivePresenter
    from hydra_gui.team.presenter import TeamPresenter
    from ui.alerts.banner import AlertBanner
    from ui.alerts.screen import AlertsScreen
    from ui.labelling.screen import LabellingScreen

log = logging.getLogger(__name__)

Stop = Callable[[], Awaitable[None] | None]


class Application(QObject):
    """The window and its engine. Make it, `show` it, await `live` on the Qt loop; closing the window ends it."""

    started = Signal()
    """The hall is on screen."""
    alerts_screen: AlertsScreen
    alert_banner: AlertBanner
    labelling_screen: LabellingScreen
    """These are there from `started` on."""

    def __init__(
        self,
        qt: QApplication,
        settings: Settings,
        preferences: Path | None = None,
        bundle: BundleSession | None = None,
    ) -> None:
        super().__init__()
        favour_window()
        self._settings, self._preferences, self._bundle = settings, preferences, bundle
        self._stops: list[Stop] = []
        self._painted, self._closed = asyncio.Event(), asyncio.Event()
        self._garbage = GarbageCollector(self)
        self.theme = ThemeSwitch(qt)
        self.live_screen, self.detail, self.welcome = LiveScreen(), DetailPane(), WelcomeView()
        self.window = self._make_window()
        self.errors = ErrorNotifier(self.window)
        self.engine: EngineThread | None = None
        self.presenter: LivePresenter | None = None
        self.alerts: AlertsFeature | None = None
        self.labelling: LabellingPresenter | None = None
        self.team: TeamPresenter | None = None

    def _make_window(self) -> MainWindow:
        self.live_screen.set_detail(self.detail)
        self.live_screen.set_empty(self.welcome)
        screens = [
            Screen("live", "Live", "live", self.live_screen),
            Screen("alerts", "Alerts", "alerts"),
            Screen("labelling", "Labelling", "labelling"),
        ]
        name = self._settings.experiment.name
        name = f"{name} · {self._bundle.path.name}" if self._bundle else name
        window = MainWindow(screens, title=name, stale_after_s=self._settings.input.stale_after_s)
        window.theme_toggled.connect(self.theme.toggle)
        window.closed.connect(self._close)
        FirstPaint(window).happened.connect(self._note_painted)
        if self._bundle is not None:
            window.show_screen("labelling")
        return window

    def show(self) -> None:
        """Open the window."""
        self.window.show()

    async def live(self) -> None:
        """Start the engine once the window is painted; return when it was closed and everything has stopped."""
        self.errors.watch_loop(asyncio.get_running_loop())
        self._garbage.start()
        try:
            await self._painted.wait()
            await self._start()
            await self._closed.wait()
        finally:
            await self._stop()

    @Slot()
    def _note_painted(self) -> None:
        report_startup()
        self._painted.set()

    @Slot()
    def _close(self) -> None:
        self._painted.set()
        self._closed.set()

    # Start.

    async def _start(self) -> None:
        await _imported(
            "backend.engine.thread",
            "hydra_gui.live.presenter",
            "hydra_gui.alerts.feature",
            "hydra_gui.labelling.presenter",
            "hydra_gui.team.feature",
        )
        if self._closed.is_set():
            return
        self.engine = self._start_engine()
        bridge = self._open_bridge(self.engine)
        self._start_welcome(self.engine)
        self._start_quarantine(self.engine, bridge)
        await _turn()
        self.labelling = self._start_labelling(self.engine, bridge)
        await _turn()
        self.team = self._start_team(self.engine, self.labelling)
        self.presenter = self._start_presenter(self.engine, bridge)
        self.alerts = self._start_alerts(self.engine, bridge)

    def _start_engine(self) -> EngineThread:
        from backend.engine.thread import EngineThread

        engine = EngineThread(self._settings)
        engine.start()
        self._stops.append(engine.stop)
        return engine

    def _open_bridge(self, engine: EngineThread) -> Bridge:
        from hydra_gui.bridge import Bridge

        bridge = Bridge(engine, self)
        bridge.status_changed.connect(self.window.set_status)
        bridge.open()
        self._stops.append(bridge.close)
        return bridge

    def _start_welcome(self, engine: EngineThread) -> None:
        from hydra_gui.live.welcome import WelcomePresenter

        self._welcome = WelcomePresenter(engine, self.welcome)
        self._welcome.problem_occurred.connect(self._tell)
        self._welcome.watching.connect(self._remember_folder)
        self.welcome.demo_requested.connect(self._open_demo)
        if self._settings.input.directory is not None:
            self._welcome.show_watched(self._settings.input.directory)
        self._stops.append(self._welcome.close)

    def _start_quarantine(self, engine: EngineThread, bridge: Bridge) -> None:
        from hydra_gui.live.quarantine import QuarantinePresenter

        self._quarantine = QuarantinePresenter(engine, bridge)
        self._quarantine.problem_occurred.connect(self._tell)
        self.window.quarantine.set_model(self._quarantine.model)
        self._quarantine.start()
        self._stops.append(self._quarantine.close)

    def _start_labelling(self, engine: EngineThread, bridge: Bridge) -> LabellingPresenter:
        from hydra_gui.labelling.outbox import Outbox, outbox_path
        from hydra_gui.labelling.presenter import LabellingPresenter
        from ui.labelling.screen import LabellingScreen

        self.labelling_screen = LabellingScreen()
        self.window.fill("labelling", self.labelling_screen)
        store = self._settings.store
        outbox = Outbox(outbox_path(store.data_dir, store.effective_url))
        presenter = LabellingPresenter(engine, engine.labelling, engine.insight, self.labelling_screen, outbox)
        presenter.problem_occurred.connect(self._tell)
        presenter.noticed.connect(self.window.note)
        bridge.status_changed.connect(presenter.follow_status)
        presenter.start()
        self._stops.append(presenter.close)
        if self.window.current_screen == "labelling":
            presenter.browser.refresh_plot_types()  # it was opened before there was anybody to hear of it
        return presenter

    def _start_team(self, engine: EngineThread, labelling: LabellingPresenter) -> TeamPresenter:
        from hydra_gui.team.feature import start_team

        team = start_team(engine, labelling, self.labelling_screen, self._bundle, self._stops)
        team.problem_occurred.connect(self._tell)
        team.open_requested.connect(self._open_bundle)
        self.welcome.bundle_chosen.connect(self._open_bundle)
        return team

    @Slot(Path)
    def _open_bundle(self, path: Path) -> None:
        open_program("bundle", "open", str(path))

    def _start_presenter(self, engine: EngineThread, bridge: Bridge) -> LivePresenter:
        from hydra_gui.live.presenter import LivePresenter
        from hydra_gui.preferences import PreferencesFile, default_path

        kept = PreferencesFile(self._preferences or default_path())
        presenter = LivePresenter(engine, bridge, self.live_screen, self.detail, kept)
        presenter.problem_occurred.connect(self._tell)
        presenter.noticed.connect(self.window.note)
        presenter.started.connect(settle)
        presenter.started.connect(self.started)
        presenter.start()
        self._stops.append(presenter.close)
        return presenter

    def _start_alerts(self, engine: EngineThread, bridge: Bridge) -> AlertsFeature:
        from hydra_gui.alerts.feature import AlertsFeature
        from hydra_gui.alerts.hush import hush_of
        from ui.alerts.banner import AlertBanner
        from ui.alerts.screen import AlertsScreen

        self.alerts_screen, self.alert_banner = AlertsScreen(), AlertBanner()
        self.window.fill("alerts", self.alerts_screen)
        self.window.add_banner(self.alert_banner)
        hush = hush_of(self._settings.alarms)
        alerts = AlertsFeature(engine, bridge, self.window, self.alerts_screen, self.alert_banner, hush=hush)
        self.detail.entry_requested.connect(alerts.ask_plot_entry)
        alerts.problem_occurred.connect(self._tell)
        alerts.noticed.connect(self.window.note)
        alerts.plot_requested.connect(self._show_plot)
        self.live_screen.missed_requested.connect(alerts.missed.ask)
        self.detail.missed_requested.connect(alerts.missed.ask_about)
        self._stops.append(alerts.close)
        return alerts

    @Slot(str)
    def _show_plot(self, plot_type: str) -> None:
        """Go to a plot on the Live screen, from wherever."""
        self.window.show_screen("live")
        self.window.activateWindow()
        if self.presenter is not None:
            self.presenter.show_plot_type(plot_type)

    @Slot(Path)
    def _remember_folder(self, directory: Path) -> None:
        WatchedFolder(self._settings.store.data_dir).remember(directory)

    @Slot()
    def _open_demo(self) -> None:
        open_program("demo")

    @Slot(str)
    def _tell(self, text: str) -> None:
        self.window.tell(Message(text))

    # Stop.

    async def _stop(self) -> None:
        """Stop everything that was started, last started first; one that fails must not keep the others running."""
        while self._stops:
            stop = self._stops.pop()
            try:
                pending = stop()
                if pending is not None:
                    await pending
            except Exception:
                log.exception("%s failed while stopping", stop)
        self.errors.uninstall()
        self.window.deleteLater()
        # Now, while everything the widgets ask in their last moments is still there, and not when Python tidies up.
        QCoreApplication.sendPostedEvents(self.window, QEvent.Type.DeferredDelete.value)
        self._garbage.stop()


async def _turn() -> None:
    """Let the window live between two parts that take long to make."""
    await asyncio.sleep(0)


async def _imported(*modules: str) -> None:
    """Import in a thread, so that the window stays alive meanwhile."""
    with ThreadPoolExecutor(1, "hydra-import") as pool:
        for name in modules:
            await asyncio.get_running_loop().run_in_executor(pool, import_module, name)
