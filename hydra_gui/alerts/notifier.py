"""The notifier: banner, counts, pop-up and sound follow what waits for a person, whatever screen is open."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication

from backend.domain.alerts import Alert
from backend.domain.incidents import Incident
from hydra_gui.alerts.desk import AlertDesk
from hydra_gui.alerts.list_model import AlertListModel
from hydra_gui.alerts.loading import AlertLoading
from hydra_gui.alerts.pictures import AlertEngine, AlertPictureLoader
from hydra_gui.alerts.sounder import Sounder
from hydra_gui.tasks import Tasks
from ui.alerts.banner import AlertBanner
from ui.alerts.popup import AlertPopup
from ui.alerts.screen import ask_shelving
from ui.alerts.wording import title
from ui.shell.window import MainWindow

_KEY = "alerts"
_GATHER_MS = 20
"""In a flood changes are shown together."""


class AlertNotifier(QObject):
    """Owns the pop-up; `close` ends it, tasks and threads."""

    open_requested = Signal(str)
    """Show this plot type on the Live screen."""
    alert_requested = Signal(int)
    """Show this alert on the Alerts screen; 0: whichever."""
    problem_occurred = Signal(str)

    def __init__(
        self, engine: AlertEngine, desk: AlertDesk, sounder: Sounder, window: MainWindow, banner: AlertBanner
    ) -> None:
        super().__init__()
        self._desk, self._sounder, self._window, self._banner = desk, sounder, window, banner
        self._tasks = Tasks(self.problem_occurred.emit)
        self._pictures = AlertPictureLoader(engine)
        self._rows = AlertListModel(self)
        self.popup = AlertPopup(lambda: datetime.now(UTC))
        self.popup.set_model(self._rows)
        popup = self.popup
        self._loading = AlertLoading(
            self._pictures, self._tasks, popup.show_detail, popup.show_story, lambda _id, _why: None
        )
        self._wanted, self._title = 0, ""
        self._loaded: tuple[int, int] = (0, 0)
        self._news = False
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_GATHER_MS)
        self._soon.timeout.connect(self._follow)
        self._connect()

    def _connect(self) -> None:
        popup, banner = self.popup, self._banner
        popup.acknowledge_requested.connect(self._acknowledge)
        popup.false_alarm_requested.connect(self._false_alarm)
        popup.shelve_asked.connect(self._ask_shelving)
        popup.open_requested.connect(self.open_requested)
        popup.alert_selected.connect(self._look_at)
        popup.next_requested.connect(self._next)
        banner.acknowledge_requested.connect(self.acknowledge_first)
        banner.show_requested.connect(self._show_first)
        self._window.strip.alerts_requested.connect(self._show_first)
        self._desk.changed.connect(self._changed)
        self._escalated: frozenset[int] = frozenset()
        self._escalated_ms = 0

    async def close(self) -> None:
        """Take the pop-up away and end what is under way."""
        self._soon.stop()
        self.popup.close()
        self.popup.deleteLater()
        await self._tasks.close()
        self._pictures.close()

    @Slot(object)
    def tick(self, _now: datetime) -> None:
        """Let ages go on, once a second."""
        if self.popup.isVisible():
            self.popup.show_time()
        if self._banner.isVisible():
            self._banner.show_alerts(self._desk.book.waiting(), datetime.now(UTC))

    # What waits.

    @Slot(bool)
    def _changed(self, news: bool) -> None:
        self._news |= news
        if not self._soon.isActive():
            self._soon.start()

    def escalate(self, alert_ids: frozenset[int], every_ms: int) -> None:
        """Be loud for these, which nobody has acknowledged although it is time; none: as loud as ever."""
        news = bool(alert_ids - self._escalated)
        self._escalated, self._escalated_ms = alert_ids, every_ms
        if news:
            self._news = True
            self._window.note("An alert still waits for somebody to acknowledge it")
        if not self._soon.isActive():
            self._soon.start()

    @Slot()
    def _follow(self) -> None:
        news, self._news = self._news, False
        waiting, found = self._desk.book.waiting(), self._desk.book.incidents()
        self._window.rail.show_count(_KEY, len(waiting))
        self._window.strip.show_waiting_alerts(len(waiting))
        loud = bool(self._escalated & {alert.alert_id for alert in waiting})
        self._banner.show_escalated(loud)
        self._banner.show_alerts(waiting, datetime.now(UTC))
        self._sounder.escalate(self._escalated_ms if loud else 0)
        self._sounder.sound(max((alert.evidence.severity for alert in waiting), default=None), news=news)
        if news:
            QApplication.alert(self._window)
            self.popup.set_folded(False)
            self._wanted = 0
        self._show_popup(found)

    def _show_popup(self, found: list[Incident]) -> None:
        if not found:
            self.popup.hide()
            self._title = ""
            return
        incident, alert = self._choose(found)
        self._title = incident.title
        self._rows.show(incident.alerts)
        self.popup.show_incident(incident, alert, [other for other in found if other is not incident])
        self.popup.list.go_to(alert.alert_id)
        if self._loaded != (alert.alert_id, alert.change):
            self._loaded = (alert.alert_id, alert.change)
            self._loading.start(alert.alert_id)

    def _choose(self, found: list[Incident]) -> tuple[Incident, Alert]:
        """The alert a person chose, else the first of the incident shown, else the worst."""
        for incident in found:
            for alert in incident.alerts:
                if alert.alert_id == self._wanted:
                    return incident, alert
        named = next((incident for incident in found if incident.title == self._title), found[0])
        chosen = named if named.severity >= found[0].severity else found[0]
        return chosen, chosen.alerts[0]

    @Slot(int)
    def _look_at(self, alert_id: int) -> None:
        self._wanted = alert_id
        self._show_popup(self._desk.book.incidents())

    @Slot()
    def _next(self) -> None:
        found = self._desk.book.incidents()
        place = next((n for n, incident in enumerate(found) if incident.title == self._title), -1)
        if found:
            self._look_at(found[(place + 1) % len(found)].alerts[0].alert_id)

    # What people do.

    @Slot()
    def acknowledge_first(self) -> None:
        """Acknowledge the alert that the banner names first."""
        self._acknowledge([alert.alert_id for alert in self._desk.book.waiting()[:1]])

    @Slot()
    def _show_first(self) -> None:
        waiting = self._desk.book.waiting()
        self.alert_requested.emit(waiting[0].alert_id if waiting else 0)

    @Slot(object)
    def _acknowledge(self, ids: list[int]) -> None:
        self._desk.acknowledge(self._desk.keys(ids))

    @Slot(int)
    def _false_alarm(self, alert_id: int) -> None:
        self._desk.false_alarm(self._desk.keys([alert_id]))

    @Slot(int)
    def _ask_shelving(self, alert_id: int) -> None:
        alert = self._desk.book.get(alert_id)
        if alert is not None:
            keys = self._desk.keys([alert_id])  # as they are seen now, however long the question stays open
            self._window.activateWindow()
            ask_shelving(self._window, title(alert), lambda reason, hours: self._desk.shelve(keys, reason, hours))
