"""The presenter of missed problems: asks what it is, then has it raised and labelled."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from backend.domain.alert_missed import MissedProblem
from backend.domain.plots import Plot
from hydra_gui.alerts.pictures import AlertEngine
from hydra_gui.tasks import Tasks
from ui.alerts.missed import MissedDialog


class MissedPresenter(QObject):
    """One question at a time; `close` ends it and what is under way."""

    noticed = Signal(str)
    problem_occurred = Signal(str)

    def __init__(self, engine: AlertEngine, window: QWidget, who: str) -> None:
        super().__init__()
        self._engine, self._window, self._who = engine, window, who
        self._tasks = Tasks(self.problem_occurred.emit)
        self._reports = 0
        self.dialog: MissedDialog | None = None

    async def close(self) -> None:
        """End what is under way."""
        if self.dialog is not None:
            self.dialog.close()
        await self._tasks.close()

    @Slot(str)
    def ask(self, plot_type: str) -> None:
        """Ask about the newest plot of a type."""
        self._tasks.start("ask", self._find(plot_type))

    @Slot(object)
    def ask_about(self, plot: Plot) -> None:
        """Ask about this plot."""
        self._tasks.start("ask", self._open(plot))

    async def _find(self, plot_type: str) -> None:
        plot = (await self._engine.detail(plot_type)).tile.plot
        if plot is None:
            self.problem_occurred.emit(f"{plot_type}: there is no plot yet of which something could be wrong.")
        else:
            await self._open(plot)

    async def _open(self, plot: Plot) -> None:
        """The classes valid for the plot type, or all there are where it has none yet."""
        view = await self._engine.alert_policy(plot.identity.plot_type)
        classes = view.classifications or (await self._engine.alert_policy("")).classifications
        if self.dialog is not None:
            self.dialog.close()
        dialog = self.dialog = MissedDialog(plot, classes, self._window)
        dialog.confirmed.connect(self._report)
        dialog.finished.connect(self._forget)
        dialog.open()

    @Slot()
    def _forget(self) -> None:
        if self.sender() is self.dialog:
            self.dialog = None

    @Slot(object, str, str)
    def _report(self, plot: Plot, classification: str, note: str) -> None:
        missed = MissedProblem(
            uuid.uuid4(), plot.identity.plot_type, plot.plot_id, classification, self._who, datetime.now(UTC), note
        )
        self._reports += 1
        self._tasks.start(f"report {self._reports}", self._raise(missed))

    async def _raise(self, missed: MissedProblem) -> None:
        await self._engine.missed_problem(missed)
        self.noticed.emit(f"{missed.plot_type}: raised, and labelled {missed.classification}")
