"""The presenter of the drawer: statistics, disagreements and label bundles of whoever labels here."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backend.api import EngineApi, LabellingApi, TeamApi
from backend.domain.disagreements import Disagreement
from backend.domain.errors import HydraError
from backend.domain.labelling import Labeller, Palette
from backend.domain.labels import Gesture, LabelHow
from hydra_gui.labelling.outbox import Work
from hydra_gui.live.saving import to_image
from hydra_gui.tasks import Tasks
from hydra_gui.team.bundle_work import BundleWork
from hydra_gui.team.disagreement_model import DisagreementModel
from ui.labelling.side_pane import SidePane
from ui.team.drawer import TeamDrawer
from ui.team.values import TeamPage
from ui.widgets.tone import Tone
from ui.wording import number

_EVERY_MS = 30_000
"""What others did is looked for so often while the drawer is open."""

_SOON_MS = 1000


class TeamPresenter(QObject):
    """Drives the drawer. Nothing is asked before the Labelling screen has listed plots; `close` ends its threads."""

    settle_requested = Signal(str, int, str)
    """Plot type, plot, and the class a disagreement is settled with, "" for no label."""
    open_requested = Signal(Path)
    """A label bundle is to be opened in a window of its own."""
    labels_came = Signal()
    problem_occurred = Signal(str)

    def __init__(
        self, engine: EngineApi, api: TeamApi, labelling: LabellingApi, drawer: TeamDrawer, side: SidePane
    ) -> None:
        super().__init__()
        self._engine, self._api, self._labelling, self._drawer, self._side = engine, api, labelling, drawer, side
        self._tasks = Tasks(self.problem_occurred.emit)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="team-pictures")
        self.model = DisagreementModel(self)
        self.bundles = BundleWork(api, drawer.bundles, self._tasks, self)
        self._plot_type, self._shown_type, self._who = "", "", ""
        self._soon, self._often = self._timer(_SOON_MS, once=True), self._timer(_EVERY_MS, once=False)
        drawer.disagreements.set_model(self.model)
        self._connect()

    def _timer(self, interval: int, *, once: bool) -> QTimer:
        timer = QTimer(self)
        timer.setInterval(interval)
        timer.setSingleShot(once)
        timer.timeout.connect(self.refresh)
        return timer

    def _connect(self) -> None:
        drawer = self._drawer
        drawer.opened.connect(self._open)
        drawer.leaders.plot_type_chosen.connect(self._choose_plot_type)
        drawer.leaders.retry_requested.connect(self.refresh)
        drawer.disagreements.retry_requested.connect(self.refresh)
        drawer.disagreements.chosen.connect(self._fetch_picture)
        drawer.disagreements.settled.connect(self._settle)
        drawer.bundles.open_requested.connect(self.open_requested)
        self.bundles.applied.connect(self.refresh)
        self.bundles.applied.connect(self.labels_came)

    async def close(self) -> None:
        """End timers, tasks and threads."""
        self._soon.stop()
        self._often.stop()
        self.bundles.stop()
        await self._tasks.close()
        self._worker.shutdown(wait=True)

    # What the Labelling screen says.

    @Slot(object)
    def meet(self, labeller: Labeller) -> None:
        """Who labels here, and why not."""
        self._who = self.bundles.who = labeller.who
        self._drawer.disagreements.show_refusal(labeller.refusal)

    @Slot(object, object)
    def follow(self, palette: Palette, _steps: object) -> None:
        """Another plot type is listed, or the same anew."""
        if palette.plot_type != self._plot_type:
            self._shown_type = palette.plot_type
        self._plot_type = palette.plot_type
        self._drawer.disagreements.show_classes((*palette.valid, *palette.others))
        self._drawer.leaders.offer(self._plot_type, self._shown_type)
        self._tasks.start("disagreements", self._list())
        self.refresh_page()

    @Slot(object, object)
    def saved(self, work: Work, _recorded: object) -> None:
        """A gesture was saved: figures are others now, and a disagreement may have ended."""
        if not isinstance(work, Gesture) or any(event.how is LabelHow.SETTLED for event in work.events):
            self._tasks.start("disagreements", self._list())
        if self._drawer.page is TeamPage.LEADERS and not self._soon.isActive():
            self._soon.start()

    # Pages.

    @Slot(str)
    def _open(self, _page: str) -> None:
        self._often.start()
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Ask anew for what is shown."""
        if not self._drawer.isVisible():
            self._often.stop()
            return
        self._tasks.start("disagreements", self._list())
        self.refresh_page()

    def refresh_page(self) -> None:
        """Ask anew for the page that is open."""
        if self._drawer.page is TeamPage.LEADERS:
            self._tasks.start("leaders", self._count())
        elif self._drawer.page is TeamPage.BUNDLES:
            self._tasks.start("plot types", self._offer())

    @Slot(str)
    def _choose_plot_type(self, name: str) -> None:
        self._shown_type = name
        self._drawer.leaders.say_loading()
        self.refresh_page()

    async def _count(self) -> None:
        try:
            found = await self._api.contributions(self._shown_type, datetime.now().astimezone())
        except HydraError as error:
            self._drawer.leaders.say_failed(str(error))
            return
        self._drawer.leaders.show_contributions(found, self._who)

    async def _offer(self) -> None:
        found = await self._labelling.plot_types()
        self._drawer.bundles.offer_plot_types(self._plot_type, tuple(one.info.name for one in found))

    # Disagreements.

    async def _list(self) -> None:
        page = self._drawer.disagreements
        try:
            found = await self._api.disagreements("")
        except HydraError as error:
            if self._drawer.page is TeamPage.DISAGREEMENTS:
                page.say("The disagreements cannot be read", str(error), tone=Tone.WARNING)
            return
        self._show_count(found)
        if found != self.model.rows:
            self.model.show(found)

    def _show_count(self, found: Sequence[Disagreement]) -> None:
        self._drawer.count_disagreements(len(found))
        words = f"Disagreements: {number(len(found))} to settle" if found else TeamPage.DISAGREEMENTS
        self._side.offer_team(TeamPage.DISAGREEMENTS, words)

    @Slot(object, str)
    def _settle(self, disagreement: Disagreement, label: str) -> None:
        plot = disagreement.plot
        self.settle_requested.emit(plot.identity.plot_type, plot.plot_id, label)

    @Slot(object)
    def _fetch_picture(self, disagreement: Disagreement) -> None:
        self._tasks.start("picture", self._show_picture(disagreement))

    async def _show_picture(self, disagreement: Disagreement) -> None:
        try:
            rgb = await self._engine.image(disagreement.plot)
        except HydraError as error:
            self._drawer.disagreements.show_picture(disagreement, None, str(error))
            return
        image = await asyncio.get_running_loop().run_in_executor(self._worker, to_image, rgb)
        self._drawer.disagreements.show_picture(disagreement, image)
