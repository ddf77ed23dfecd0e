"""The presenter of the Alerts screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backend.domain.alert_views import AlertQuery
from backend.domain.alerts import Alert
from backend.domain.errors import HydraError
from backend.domain.hall import HallStatus
from hydra_gui.alerts.desk import AlertDesk
from hydra_gui.alerts.list_model import AlertListModel
from hydra_gui.alerts.loading import AlertLoading
from hydra_gui.alerts.pictures import AlertEngine, AlertPictureLoader
from hydra_gui.alerts.sounder import Sounder
from hydra_gui.tasks import Tasks
from ui.alerts.screen import AlertsScreen
from ui.alerts.tabs import AlertTab

PAGE = 300
_FILL_MS = 40


class AlertsPresenter(QObject):
    """Drives the screen from the desk. `close` ends tasks and threads."""

    open_requested = Signal(str)
    """Show this plot type on the Live screen."""
    problem_occurred = Signal(str)

    def __init__(self, engine: AlertEngine, desk: AlertDesk, sounder: Sounder, view: AlertsScreen) -> None:
        super().__init__()
        self._engine, self._desk, self._view = engine, desk, view
        self._tasks = Tasks(self.problem_occurred.emit)
        self._pictures = AlertPictureLoader(engine)
        pane = view.detail
        self._loading = AlertLoading(self._pictures, self._tasks, pane.show_detail, pane.show_story, pane.show_trouble)
        self.model = AlertListModel(self)
        self._history: list[Alert] = []
        self._wanted = AlertQuery(limit=PAGE)
        self._complete = False
        self._shown: Alert | None = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_FILL_MS)
        self._soon.timeout.connect(self._fill)
        view.set_model(self.model)
        self._sounder = sounder
        self._connect(sounder)

    def _connect(self, sounder: Sounder) -> None:
        view, desk = self._view, self._desk
        view.tab_chosen.connect(self._choose_tab)
        view.history_wanted.connect(self._search)
        view.more_wanted.connect(self._more)
        view.alert_selected.connect(self._select)
        view.acknowledge_requested.connect(self._acknowledge)
        view.undo_requested.connect(self._undo)
        view.shelve_requested.connect(self._shelve)
        view.unshelve_requested.connect(self._unshelve)
        view.false_alarm_requested.connect(self._false_alarm)
        view.open_requested.connect(self.open_requested)
        view.figures.days_wanted.connect(self._read_figures)
        view.sound_test_requested.connect(sounder.test)
        sounder.state_changed.connect(view.sound.show_sound)
        sounder.tell_state()
        desk.changed.connect(self._changed)
        desk.gates_changed.connect(view.show_gates)

    async def close(self) -> None:
        """End what is under way."""
        self._soon.stop()
        await self._tasks.close()
        self._pictures.close()

    def show(self, alert_id: int) -> None:
        """Go to an alert that waits."""
        self._choose_tab(AlertTab.WAITING)
        self._fill()
        self._view.list.go_to(alert_id)

    @Slot(object)
    def tick(self, _now: datetime) -> None:
        """Let ages go on, once a second, while somebody can see them."""
        self._sounder.tick()
        if self._view.isVisible():
            self._view.show_time()

    @Slot(object)
    def show_status(self, status: HallStatus) -> None:
        """An empty list is not calm where the application cannot see."""
        self._view.show_blind(status.health.blind)

    # What is listed.

    @Slot(bool)
    def _changed(self, _news: bool) -> None:
        if not self._soon.isActive():
            self._soon.start()

    @Slot()
    def _fill(self) -> None:
        self._view.show_counts(self._desk.book.counts())
        if self._view.tab is AlertTab.HISTORY:
            self._start_search()
        elif self._view.tab is not AlertTab.FIGURES:
            self.model.show(self._desk.book.listed(self._view.tab))
        self._refresh_shown()

    def _refresh_shown(self) -> None:
        """The alert looked at may have changed."""
        shown = self._view.detail.shown
        now = next((alert for alert in self.model.alerts if alert.alert_id == shown), None)
        if now is not None and now is not self._shown:
            self._show(now)

    @Slot(object)
    def _choose_tab(self, tab: AlertTab) -> None:
        self._view.show_tab(tab)
        if tab is AlertTab.HISTORY:
            self._start_search()
        elif tab is AlertTab.FIGURES:
            self._read_figures(self._view.figures.days)
        else:
            self._tasks.cancel("history")
            self.model.show(self._desk.book.listed(tab))

    @Slot(object)
    def _search(self, wanted: AlertQuery) -> None:
        self._wanted = replace(wanted, limit=PAGE)
        self._start_search()

    def _start_search(self) -> None:
        self._tasks.start("history", self._read_history(self._wanted))

    async def _read_history(self, wanted: AlertQuery) -> None:
        found = await self._engine.alert_history(wanted)
        if self._view.tab is AlertTab.HISTORY:
            self._history, self._complete = list(found), len(found) < wanted.limit
            self.model.show(self._history)

    @Slot()
    def _more(self) -> None:
        if self._view.tab is AlertTab.HISTORY and self._history and not self._complete:
            self._tasks.start("more", self._read_more())

    async def _read_more(self) -> None:
        wanted, last = self._wanted, self._history[-1]
        older = replace(wanted, before=last.raised_at)
        found = await self._engine.alert_history(older)
        if wanted is self._wanted and self._history and self._history[-1] is last:
            self._history += found
            self._complete = len(found) < PAGE
            self.model.show(self._history)

    @Slot(float)
    def _read_figures(self, days: float) -> None:
        self._tasks.start("figures", self._figures(days))

    async def _figures(self, days: float) -> None:
        try:
            self._view.figures.show_figures(await self._engine.alert_figures(days))
        except HydraError as error:
            self._view.figures.say(f"Cannot be read now: {error}")

    # The alert looked at.

    @Slot(int)
    def _select(self, alert_id: int) -> None:
        alert = next((one for one in self.model.alerts if one.alert_id == alert_id), None)
        if alert is None:
            self._shown = None
            self._view.detail.clear()
        else:
            self._show(alert)

    def _show(self, alert: Alert) -> None:
        self._shown = alert
        self._view.detail.show_alert(alert, datetime.now(UTC))
        self._loading.start(alert.alert_id)

    # What people do.

    @Slot(object)
    def _acknowledge(self, ids: list[int]) -> None:
        self._desk.acknowledge(self._desk.keys(ids))

    @Slot(object)
    def _undo(self, ids: list[int]) -> None:
        self._desk.undo(self._desk.keys(ids, self.model.alerts))

    @Slot(object, str, float)
    def _shelve(self, ids: list[int], reason: str, hours: float) -> None:
        self._desk.shelve(self._desk.keys(ids), reason, hours)

    @Slot(object)
    def _unshelve(self, ids: list[int]) -> None:
        self._desk.unshelve(self._desk.keys(ids))

    @Slot(int)
    def _false_alarm(self, alert_id: int) -> None:
        self._desk.false_alarm(self._desk.keys([alert_id]))
