"""The engine: from a configuration to a running pipeline. Lives on one event loop, embedded or headless."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from backend.access.opening import open_store
from backend.api import Listener, Rgb
from backend.config import ConfigurationError, Settings
from backend.domain.errors import StoreRefusedError, StoreUnavailableError
from backend.domain.hall import ExactMap, HallStatus, HallView, MapRequest, PlotDetail
from backend.domain.hall_policy import USUAL_HALL_POLICY
from backend.domain.plots import Plot
from backend.domain.quarantine import QuarantinedFile
from backend.domain.stations import StationRole, role_of
from backend.engine.alert_keeper import AlertKeeper
from backend.engine.epics_link import EpicsLink
from backend.engine.escalator import Escalator
from backend.engine.feed_runner import FeedRunner
from backend.engine.follower import Follower
from backend.engine.hall_minder import HallMinder
from backend.engine.hints import Hints
from backend.engine.hydra_listener import HydraListener
from backend.engine.insight import InsightDesk
from backend.engine.labelling import LabellingDesk
from backend.engine.loudness import Loudness
from backend.engine.monitor import Monitor
from backend.engine.outward import OutwardDesk
from backend.engine.own_alerts import OwnAlerts
from backend.engine.parts import Context, Parts, build
from backend.engine.presence import Stations
from backend.engine.refresher import Refresher
from backend.engine.reporter import Reporter
from backend.engine.supervisor import Supervisor
from backend.engine.upkeep import Upkeep
from backend.events import Event, PlotArrived, StatusChanged
from backend.feed.beam import FileBeamSource
from backend.feed.memory import keep_freed_memory
from backend.pipeline.executors import Executors, run_in
from backend.pipeline.previews import PreviewCache
from backend.pipeline.store_link import StoreLink
from backend.store import Store

R = TypeVar("R")

log = logging.getLogger(__name__)

_TICK_S = 0.25
_CLAIM_EVERY_S = 1.5
_REFUSED_AGAIN_S = 5.0
WATCHES_ONLY = (
    "This station only watches, so it takes no plots in. Start it without --watch-only, or have another one do it."
)


class Engine:
    """Start it, subscribe to it, ask it, stop it; all on one event loop. Blocking calls run on its executors."""

    def __init__(self, settings: Settings, *, window: bool = False) -> None:
        keep_freed_memory()
        self.settings = settings
        self.previews = PreviewCache()
        self._listeners: list[Listener] = []
        self._monitor = Monitor(settings.experiment.name, settings.input.stale_after_s)
        self._executors = Executors(settings.inference.effective_threads)
        self._link = StoreLink(self._executors.write)
        self._read_link = StoreLink(self._executors.read)
        self._pulse = StoreLink(self._executors.pulse)
        self._beat = StoreLink(self._executors.beat)
        self._stations = Stations(role_of(window=window, judges=settings.engine.judges), self._link)
        self.labelling = LabellingDesk(self, self._read_link, StoreLink(self._executors.label))
        self.insight = InsightDesk(self, self._read_link, StoreLink(self._executors.insight))
        self.outward = OutwardDesk(self, settings, (self._link, self._read_link))
        self._supervisor = Supervisor(self._recover)
        self._store: Store | None = None
        self._parts: Parts | None = None
        self._feed: FeedRunner | None = None
        self._opened = asyncio.Event()
        self._opening: asyncio.Task[None] | None = None
        self._reporter = Reporter(self._monitor, self._stations, self._pulse, self._link)
        self._status = HallStatus(experiment=settings.experiment.name)
        self._hints: Hints | None = None
        self.own_alerts = OwnAlerts(lambda: self._monitor.beam, self._publish, USUAL_HALL_POLICY.database_after_s)
        self._escalator: Escalator | None = None
        self._epics: EpicsLink | None = None

    # -- life ---------------------------------------------------------------

    def start(self) -> None:
        """Begin; returns at once. The store is opened in the background, again and again while it is away."""
        self._supervisor.start("tick", self._tick_forever)
        self._supervisor.start("beam", self._beam_forever)
        self._opening = self._supervisor.start("open", self._open)

    async def stop(self) -> None:
        """Stop in reverse order of start; work under way is given back, nothing is left running."""
        if self._opening is not None:
            await self._supervisor.stop(self._opening)  # first, or it would go on starting what is stopped here
        if self._feed is not None:
            await self._feed.stop()
        await self._supervisor.stop_all()
        await self._stop_outward()
        if self._parts is not None:
            await asyncio.to_thread(self._parts.reference.close)  # before the threads that wait for it
            await self._parts.keeper.close()
            await self._give_back()
            if self._pulse.away_since is None:
                await self._stations.leave(self.store)
        if self._hints is not None:
            await self._hints.close()
        if self._pulse.away_since is not None and self._store is not None:
            self._store.database.hang_up()
        await run_in(self._executors.write, self._close_store)
        await asyncio.to_thread(self._executors.shutdown)

    async def _stop_outward(self) -> None:
        """End what speaks with other programs."""
        for part in (self.outward, self._epics, self._escalator):
            if part is not None:
                await part.close()

    async def wait_open(self) -> None:
        """Until the store is open and the stages run."""
        await self._opened.wait()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` for every event; returns the way to end that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # -- questions ----------------------------------------------------------

    async def view(self) -> HallView:
        """The hall now, once the store is open."""
        await self._opened.wait()
        context = self.parts.context
        return HallView(self._status, context.hall.tiles, tuple(context.classifications.values()))

    async def detail(self, plot_type: str) -> PlotDetail:
        """Scores and history of a plot type's newest plot."""
        await self._opened.wait()
        detail = await self._read_link.ask(self.store.live.detail, plot_type)
        if detail.tile.plot is not None:
            opinions = await self._read_link.ask(self.store.opinions.of_plot, detail.tile.plot)
            detail = replace(detail, opinions=opinions)
        verdict = detail.tile.verdict
        if verdict is None:
            return detail
        return replace(detail, exact=await self._read_link.ask(self.parts.exact_maps.offer, verdict.model_id))

    async def exact_heat_map(self, request: MapRequest) -> ExactMap:
        """Compute an exact heat map on a thread of its own; one that is cancelled while it waits is not begun."""
        await self._opened.wait()
        return await run_in(self._executors.maps, self.parts.exact_maps.compute, request)

    async def image(self, plot: Plot) -> Rgb:
        """The whole image."""
        await self._opened.wait()
        return await self._read_link.ask(self.parts.reader.image, plot)

    async def load_preview(self, plot: Plot) -> Rgb:
        """The preview, read from the store and kept in memory."""
        await self._opened.wait()
        return await self._read_link.ask(self.parts.reader.preview, plot)

    async def original(self, plot: Plot) -> bytes:
        """The image file as it came."""
        await self._opened.wait()
        return await self._read_link.ask(self.parts.reader.original, plot)

    async def quarantined(self) -> tuple[QuarantinedFile, ...]:
        """Files set aside, newest first."""
        await self._opened.wait()
        return tuple(await self._read_link.ask(self.store.intake.quarantined))

    async def ask_store(self, question: Callable[[Store], R]) -> R:
        """Ask the store something, once it is open."""
        await self._opened.wait()
        return await self._read_link.ask(question, self.store)

    async def on_alerts(self, question: Callable[[AlertKeeper], Awaitable[R]]) -> R:
        """Ask about alerts, or do something to them, once the store is open."""
        await self._opened.wait()
        return await question(self.parts.alerts)

    async def watch(self, directory: Path) -> None:
        """Take plots from this directory from now on. ConfigurationError where this station only watches."""
        if self._stations.role is StationRole.WATCHER:
            raise ConfigurationError(WATCHES_ONLY)
        await self._opened.wait()
        assert self._feed is not None  # noqa: S101 - set before _opened
        await self._feed.watch(directory)

    @property
    def store(self) -> Store:
        """The open store; RuntimeError before `wait_open`."""
        if self._store is None:
            raise RuntimeError("the store is not open yet")
        return self._store

    @property
    def parts(self) -> Parts:
        """The running stages; RuntimeError before `wait_open`."""
        if self._parts is None:
            raise RuntimeError("the engine is not open yet")
        return self._parts

    # -- inner life ----------------------------------------------------------

    async def _open(self) -> None:
        while not await self._try_to_open():  # noqa: ASYNC110 - a person mends the database, nothing tells us when
            await asyncio.sleep(_REFUSED_AGAIN_S)
        store = self.store
        self._hints = Hints(self.settings.events, store.database)
        await self._stations.enter(store, self.settings.station.name, *self._open_hints(self._hints))
        self._parts = build(self._context(store))
        spaces = self.insight.open(store)
        self._feed = FeedRunner(self._parts, self._supervisor)
        minder = self._minder(store, self._parts, self._feed)
        refresher = Refresher(self._parts, self._monitor.counts)
        links = (self._link, self._read_link, self._beat)
        follower = Follower(self._parts, self._pulse, links, self._monitor.counts, refresher.hint, spaces)
        self._hints.listen(self._stations, follower.hint)
        await self._load(self._parts, follower)
        await refresher.refresh()
        await self._run(self._parts, self._feed, refresher, follower)
        self._supervisor.start("mind the hall", minder.mind_forever)
        self._reporter.attach(self._parts, self._feed, refresher)
        self._opened.set()
        self._publish_status()

    def _minder(self, store: Store, parts: Parts, feed: FeedRunner) -> HallMinder:
        links = (self._link, self._pulse)
        stations, beam = self._stations, parts.context.beam
        minder = HallMinder(store, self._link, links, lambda: stations.name, beam, self.own_alerts, parts.alerts.wake)
        minder.expects = lambda: feed.health is not None or bool(stations.others)
        return minder

    def _open_hints(self, hints: Hints) -> tuple[str, str]:
        """A station that cannot tell others what happens works all the same: they see it a moment later."""
        try:
            return hints.open()
        except ConfigurationError as error:
            log.error("%s Until then others see what happens here half a second later.", error)
            return "", ""

    async def _try_to_open(self) -> bool:
        """False where the database must not be used; a person may mend that meanwhile."""
        try:
            await self._link.insist(self._open_store)
            if self._stations.role is not StationRole.WATCHER:
                await self._link.insist(self.store.work.release, "")  # nobody's: an account that may only watch is told
        except StoreRefusedError as error:
            if self._reporter.refused != str(error):
                log.error("%s", error)
            self._reporter.refused = str(error)
            return False
        self._reporter.refused = ""
        return True

    def _context(self, store: Store) -> Context:
        return Context(
            self.settings,
            store,
            self._executors,
            self._link,
            self._read_link,
            self._pulse,
            self._beat,
            self._stations,
            self.previews,
            self._publish,
            lambda: self._monitor.beam,
        )

    async def _load(self, parts: Parts, follower: Follower) -> None:
        hall, store = parts.context.hall, self.store
        if self._stations.role is not StationRole.WATCHER:
            await self._link.insist(store.work.release_station, self._stations.name)
        await follower.begin()
        hall.load(await self._link.insist(store.live.hall))
        await parts.alerts.begin()
        counts = await self._link.insist(store.counts)
        self._reporter.begin_counting(counts.judged)
        self._monitor.newest.run = await self._link.insist(store.runs.latest)
        self._monitor.newest.received_at = max((t.plot.received_at for t in hall.tiles if t.plot), default=None)

    async def _run(self, parts: Parts, feed: FeedRunner, refresher: Refresher, follower: Follower) -> None:
        start = self._supervisor.start
        start("extend", parts.keeper.extend_forever)
        if self._stations.role.judges:
            start("record", parts.recorder.run_forever)
            start("classify", parts.classifier.run_forever)
            start("claim", lambda: parts.claimer.run_forever(_CLAIM_EVERY_S))
            start("warm up", refresher.warm_up)
            start("skip", refresher.skip_forever)
            start("mind", parts.alerts.mind_forever)
            owner = parts.lease.owner
            start("upkeep", Upkeep(self.settings.retention, self.store, self._executors.load, owner).run_forever)
        start("alerts", parts.alerts.follow_forever)
        self._start_escalation(parts)
        start("refresh", refresher.refresh_forever)
        start("follow", follower.follow_forever)
        if self._hints is not None:
            start("hints", self._hints.run_forever)
        if self._stations.role is StationRole.WATCHER:
            return
        hydra = HydraListener(self.settings.feed.hydra, self.store, self._link, self._publish)
        start("hydra", hydra.run_forever)
        feed.listen()
        if self.settings.input.directory is not None:
            await feed.watch(self.settings.input.directory)

    def _start_escalation(self, parts: Parts) -> None:
        """Whoever judges tells those who are not at the screen; whoever has a window may have to be loud."""
        links = (self._link, self._read_link)
        if self._stations.role.has_window:
            role = self.settings.alarms.station_role
            loudness = Loudness(self.store, self._read_link, role, self._publish)
            self._supervisor.start("loudness", loudness.follow_forever)
        if self.settings.alarms.epics.prefix:
            self._epics = EpicsLink(self.settings.alarms.epics, parts, self._read_link, lambda: self._status)
            self._supervisor.start("epics", self._epics.run_forever)
        escalator = Escalator(self.settings, self.store, links, parts.lease.owner, parts.reader.image)
        if self._stations.role.judges and escalator.has_routes:
            self._escalator = escalator
            self._supervisor.start("escalation", escalator.run_forever)

    def _open_store(self) -> None:
        """In the writer's thread, which closes the store as well: one that is opened while stopping is closed too."""
        self._store = open_store(self.settings.store)

    def _close_store(self) -> None:
        if self._store is not None:
            self._store.close()

    async def _beam_forever(self) -> None:
        beam = self.settings.beam
        if beam.file is None:
            return
        source = FileBeamSource(beam.file, beam.threshold, beam.unit, beam.stale_after_s)
        while True:
            self._monitor.beam = await run_in(self._executors.read, source.read)
            await asyncio.sleep(beam.poll_s)

    async def _tick_forever(self) -> None:
        while True:
            if self._parts is not None:
                for tile in self._parts.context.hall.overdue():
                    self._publish(PlotArrived(tile))
            self._publish_status()
            await asyncio.sleep(_TICK_S)

    async def _recover(self) -> None:
        """After a stage failed: what it had taken is free again, the claimer will find it."""
        if self._parts is not None:
            await self._give_back()

    async def _give_back(self) -> None:
        if self._stations.role is StationRole.WATCHER:
            return
        if self._pulse.away_since is not None:
            log.warning("leases cannot be given back now; they end by themselves")
            return
        try:
            await self._link.ask(self.store.work.release, self.parts.lease.owner)
        except StoreUnavailableError:
            log.warning("leases could not be given back; they end by themselves")

    # -- status ---------------------------------------------------------------

    def _publish(self, event: Event) -> None:
        self._reporter.take_note(event)
        if self._epics is not None:
            self._epics.take_note(event)
        for listener in list(self._listeners):
            listener(event)

    def _publish_status(self) -> None:
        status = self._reporter.status()
        self.own_alerts.look(status.health.database)
        if status != self._status:
            self._status = status
            self._publish(StatusChanged(status))
