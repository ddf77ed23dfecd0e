"""The presenter of policies: shows, tries and changes when plots alarm."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from backend.domain.alert_policy import AlertPolicy
from hydra_gui.alerts.pictures import AlertEngine
from hydra_gui.tasks import Tasks
from ui.alerts.policy_dialog import DAYS, PolicyDialog


class PolicyPresenter(QObject):
    """Has one dialog open at a time; `close` ends it and what is under way."""

    noticed = Signal(str)
    """What was done."""

    def __init__(self, engine: AlertEngine, window: QWidget, who: str) -> None:
        super().__init__()
        self._engine, self._window, self._who = engine, window, who
        self._tasks = Tasks(self._complain)
        self.dialog: PolicyDialog | None = None

    @Slot(str)
    def open(self, plot_type: str) -> None:
        """Open the policy of a plot type, "" for the usual one."""
        if self.dialog is not None:
            self.dialog.close()
        dialog = self.dialog = PolicyDialog(plot_type, self._window)
        dialog.scope_chosen.connect(self._show)
        dialog.try_requested.connect(self._try)
        dialog.put_requested.connect(self._put)
        dialog.finished.connect(self._forget)
        dialog.open()
        self._show(plot_type)

    async def close(self) -> None:
        """End what is under way."""
        if self.dialog is not None:
            self.dialog.close()
        await self._tasks.close()

    @Slot()
    def _forget(self) -> None:
        if self.sender() is self.dialog:
            self.dialog = None

    def _complain(self, why: str) -> None:
        if self.dialog is not None:
            self.dialog.say_trouble(why)

    @Slot(str)
    def _show(self, plot_type: str) -> None:
        self._tasks.start("show", self._read(plot_type))

    async def _read(self, plot_type: str) -> None:
        view = await self._engine.alert_policy(plot_type)
        if self.dialog is not None:
            self.dialog.show_view(view)

    @Slot(str, object)
    def _try(self, plot_type: str, policy: AlertPolicy) -> None:
        self._tasks.start("try", self._play(plot_type, policy))

    async def _play(self, plot_type: str, policy: AlertPolicy) -> None:
        trials = await self._engine.try_alert_policy(plot_type, policy, DAYS)
        if self.dialog is not None:
            self.dialog.show_trials(plot_type, trials)

    @Slot(str, object, str)
    def _put(self, plot_type: str, policy: AlertPolicy | None, reason: str) -> None:
        self._tasks.start("put", self._change(plot_type, policy, reason))

    async def _change(self, plot_type: str, policy: AlertPolicy | None, reason: str) -> None:
        await self._engine.set_alert_policy(plot_type, policy, self._who, reason)
        self.noticed.emit(f"{plot_type or 'All plots without a policy of their own'}: policy in force")
        if self.dialog is not None and self.dialog.plot_type == plot_type:
            self.dialog.accept()
