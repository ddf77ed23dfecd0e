"""The way home of the labels in an open bundle: brought whenever the hall's database can be seen, by themselves."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from PySide6.QtCore import QObject, Slot

from backend.config import StoreSection
from backend.domain.errors import HydraError, StoreRefusedError, StoreUnavailableError
from backend.domain.label_bundles import Applied
from backend.domain.labels import Recorded
from backend.services.label_bundles import BundleSession, bring_home
from ui.team.bundle_bar import BundleBar
from ui.team.values import BundleBanner, Home, HomeState
from ui.wording import number

log = logging.getLogger(__name__)

_FIRST_S, _AFTER_LABEL_S, _EVERY_S = 2.0, 5.0, 30.0
Bring = Callable[..., Applied]


class Homing(QObject):
    """Tries on a thread of its own; nothing in the window waits for it. `close` ends it after the portion under way."""

    def __init__(
        self, session: BundleSession, bar: BundleBar, bring: Bring = bring_home, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._bar, self._bring = session, bar, bring
        self._labels, self._home_labels = session.state.labels, 0
        self._disagreements, self._words, self._state = 0, "", HomeState.LOOKING
        self._wake, self._ending = asyncio.Event(), threading.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="labels-home")
        self._task: asyncio.Task[None] | None = None
        manifest = session.state.manifest
        made = f"{manifest.made_at.astimezone():%d %b %Y %H:%M} by {manifest.made_by}"
        bar.show_bundle(BundleBanner(session.path.name, manifest.experiment, manifest.plots, made))
        bar.home_requested.connect(self.hurry)

    def start(self) -> None:
        """Begin to look for the hall, where one is configured."""
        if self._session.hall is None:
            self._say(HomeState.ALONE, _NO_HALL)
            return
        self._say(HomeState.LOOKING)
        self._task = asyncio.get_running_loop().create_task(self._run(self._session.hall), name="labels home")

    async def close(self) -> None:
        """End; what was not brought stays in the file."""
        self._ending.set()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._thread.shutdown(wait=True)

    @Slot()
    def hurry(self) -> None:
        """Try now."""
        self._wake.set()

    @Slot(object, object)
    def saved(self, _work: object, recorded: Recorded) -> None:
        """Labels were saved in the bundle."""
        self._labels += recorded.written
        self._say(HomeState.AWAY if self._state is HomeState.HOME else self._state, self._words)

    async def _run(self, hall: StoreSection) -> None:
        await self._pause(_FIRST_S)
        while True:
            if self._waiting or self._state is not HomeState.HOME:
                await self._try(hall)
            await self._pause(_EVERY_S if self._state is not HomeState.HOME else _AFTER_LABEL_S)

    @property
    def _waiting(self) -> int:
        return max(0, self._labels - self._home_labels)

    async def _try(self, hall: StoreSection) -> None:
        before = self._labels
        if self._waiting and self._state is HomeState.AWAY and not self._words:
            self._say(HomeState.BRINGING)
        try:
            done = await asyncio.get_running_loop().run_in_executor(self._thread, self._bring_all, hall)
        except StoreUnavailableError:
            self._say(HomeState.AWAY, _AWAY)
        except (StoreRefusedError, HydraError) as error:
            log.warning("labels are not brought home: %s", error)
            self._say(HomeState.REFUSED, str(error))
        else:
            self._take(done, before)

    def _bring_all(self, hall: StoreSection) -> Applied:
        return self._bring(self._session.path, hall, lambda _done, _of: not self._ending.is_set())

    def _take(self, done: Applied, before: int) -> None:
        self._home_labels = before
        self._disagreements += done.disagreements
        disputes = f" {number(self._disagreements)} plots have two labels there: somebody settles them in the hall."
        at = f"{datetime.now().astimezone():%H:%M}"
        words = f"Last brought at {at}. Every label is in this file as well.{disputes if self._disagreements else ''}"
        self._say(HomeState.HOME if not self._waiting else HomeState.AWAY, words)

    def _say(self, state: HomeState, words: str = "") -> None:
        self._state, self._words = state, words
        self._bar.show_home(Home(state, self._labels, self._waiting, words, self._disagreements))

    async def _pause(self, seconds: float) -> None:
        self._wake.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()


_NO_HALL = (
    "Every label is saved in this file at once. No hall’s database is configured here: carry the file back and choose "
    "“Bring labels home” there."
)
_AWAY = "The hall’s database cannot be seen from here. Every label is saved in this file and brought when it can."
