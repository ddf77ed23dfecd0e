"""Exact heat maps for the detail pane: asked of the engine, awaited, cancelled. Never blocks the window."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from backend.api import EngineApi
from backend.domain.errors import HydraError
from backend.domain.hall import MapRequest
from hydra_gui.live.views import DetailView
from hydra_gui.tasks import Tasks

_NAME = "exact map"


class ExactMapPresenter(QObject):
    """One map at a time: the newest wish counts, and leaving the plot ends it."""

    def __init__(self, engine: EngineApi, tasks: Tasks, view: DetailView, parent: QObject) -> None:
        super().__init__(parent)
        self._engine, self._tasks, self._view = engine, tasks, view
        view.exact_requested.connect(self._compute)
        view.exact_cancelled.connect(self._cancel)

    @Slot(object)
    def _compute(self, request: MapRequest) -> None:
        self._view.show_exact_working()
        self._tasks.start(_NAME, self._show(request))

    @Slot()
    def _cancel(self) -> None:
        self._tasks.cancel(_NAME)

    async def _show(self, request: MapRequest) -> None:
        try:
            found = await self._engine.exact_heat_map(request)
        except HydraError as error:
            self._view.show_exact_error(str(error))
        except Exception:
            self._view.show_exact_error("It could not be computed; the log says more. The verdict still stands.")
            raise
        else:
            self._view.show_exact(found)
