"""The presenter of what goes out: the panel "Where alerts go", tests of destinations, entries in logbooks."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from backend.api import OutwardApi
from backend.domain.alert_views import AlertDetail
from backend.domain.errors import HydraError
from backend.domain.hall import PlotDetail
from backend.domain.outward import LogbookEntry
from backend.domain.plots import Plot
from backend.domain.predictions import HeatMap
from hydra_gui.tasks import Tasks
from ui.alerts.elsewhere import ElsewherePanel
from ui.alerts.entry_dialog import EntryDialog
from ui.alerts.wording import facts, title
from ui.detail.wording import verdict_line


@dataclass(frozen=True, slots=True, eq=False)
class _Draft:
    """What an entry begins with."""

    subject: str
    text: str
    plot: Plot | None = None
    heat_map: HeatMap | None = None
    alert_id: int = 0
    fields: tuple[tuple[str, str], ...] = ()


class ElsewherePresenter(QObject):
    """Opens the panel and the dialog over `window`. `close` ends tasks."""

    problem_occurred = Signal(str)
    noticed = Signal(str)

    def __init__(self, outward: OutwardApi, window: QWidget, who: str) -> None:
        super().__init__()
        self._outward, self._window, self._who = outward, window, who
        self._tasks = Tasks(self.problem_occurred.emit)
        self.panel: ElsewherePanel | None = None
        self.dialog: EntryDialog | None = None
        self._draft, self._key = _Draft("", ""), ""

    async def close(self) -> None:
        """End what is under way."""
        await self._tasks.close()

    # The panel.

    @Slot()
    def show_panel(self) -> None:
        """Open it, or bring it to the front."""
        if self.panel is None:
            self.panel = ElsewherePanel(self._window)
            self.panel.test_requested.connect(self._test)
            self.panel.destroyed.connect(self._forget_panel)
            self.panel.finished.connect(self._forget_panel)
            self.panel.open()
        self._tasks.start("view", self._read())

    @Slot()
    def _forget_panel(self) -> None:
        self.panel = None

    async def _read(self) -> None:
        try:
            view = await self._outward.view()
        except HydraError as error:
            if self.panel is not None:
                self.panel.show_trouble(str(error))
            return
        if self.panel is not None:
            self.panel.show_view(view)

    @Slot(str)
    def _test(self, name: str) -> None:
        if self.panel is not None:
            self.panel.show_testing(name)
        self._tasks.start(f"test {name}", self._try(name))

    async def _try(self, name: str) -> None:
        result = await self._outward.try_destination(name, self._who)
        if self.panel is not None:
            self.panel.show_result(result)

    # Entries.

    def ask_for_alert(self, detail: AlertDetail, image: QImage | None) -> None:
        """An entry about an alert."""
        alert = detail.alert
        fields = [("Run", str(alert.evidence.run))] if alert.evidence.run is not None else []
        entry = _Draft(title(alert), facts(alert), detail.plot, detail.heat_map, alert.alert_id, tuple(fields))
        self._ask(entry, image)

    def ask_for_plot(self, detail: PlotDetail, image: QImage | None) -> None:
        """An entry about any plot."""
        tile = detail.tile
        if tile.plot is None:
            return
        name, run = tile.plot_type.name, tile.plot.identity.run
        said = verdict_line(detail)
        draft = _Draft(name, f"Run {run}. {said}", tile.plot, tile.heat_map, 0, (("Run", str(run)),))
        self._ask(draft, image)

    def _ask(self, draft: _Draft, image: QImage | None) -> None:
        self._tasks.start("entry", self._open(draft, image))

    async def _open(self, draft: _Draft, image: QImage | None) -> None:
        view = await self._outward.view()
        if self.dialog is not None:
            self.dialog.raise_()
            return
        dialog = self.dialog = EntryDialog(self._window, draft.subject, draft.text, self._who, view.logbooks)
        dialog.show_image(image, draft.heat_map)
        dialog.finished.connect(self._forget_dialog)
        self._draft, self._key = draft, f"hydra-{uuid.uuid4().hex}"
        dialog.confirmed.connect(self._enter)
        dialog.open()

    @Slot()
    def _forget_dialog(self) -> None:
        self.dialog = None

    @Slot(str, str, str, object)
    def _enter(self, author: str, subject: str, text: str, to: tuple[str, ...]) -> None:
        draft = self._draft
        entry = LogbookEntry(
            self._key, author, subject, text, to, draft.plot, draft.heat_map, draft.alert_id, draft.fields
        )
        if self.dialog is not None:
            self.dialog.show_sending()
        self._tasks.start("write", self._write(entry))

    async def _write(self, entry: LogbookEntry) -> None:
        try:
            results = await self._outward.write_entry(entry)
        except HydraError as error:
            if self.dialog is not None:
                self.dialog.show_trouble(str(error))
            return
        if self.dialog is not None:
            self.dialog.show_results(results)
        made = [one.destination for one in results if one.ok]
        if made:
            self.noticed.emit(f"Entered in {', '.join(made)}")
