"""The first steps: a person chooses the folder to watch, and hears when it cannot be watched."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from backend.api import EngineApi
from backend.domain.errors import HydraError
from hydra_gui.live.views import WelcomeScreen
from hydra_gui.tasks import Tasks

_ADVICE = "Choose another folder, or see to it that it can be read, and try again."


class WelcomePresenter(QObject):
    """Drives the welcome view; the engine does the watching."""

    watching = Signal(Path)
    """Plots are taken from this folder from now on."""

    problem_occurred = Signal(str)

    def __init__(self, engine: EngineApi, view: WelcomeScreen) -> None:
        super().__init__()
        self._engine, self._view = engine, view
        self._tasks = Tasks(self.problem_occurred.emit)
        self._folder: Path | None = None
        view.folder_chosen.connect(self.watch)
        view.retry_requested.connect(self._retry)

    def show_watched(self, directory: Path) -> None:
        """This folder is watched already, by configuration."""
        self._folder = directory
        self._view.show_waiting(directory)

    @Slot(Path)
    def watch(self, directory: Path) -> None:
        """Watch a folder from now on."""
        self._folder = directory
        self._tasks.start("watch", self._watch(directory))

    async def close(self) -> None:
        """End what is under way."""
        await self._tasks.close()

    async def _watch(self, directory: Path) -> None:
        try:
            await self._engine.watch(directory)
        except HydraError as error:
            self._view.show_unseen(directory, str(error), _ADVICE)
            return
        self._view.show_waiting(directory)
        self.watching.emit(directory)

    @Slot()
    def _retry(self) -> None:
        if self._folder is not None:
            self.watch(self._folder)
