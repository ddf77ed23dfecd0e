"""The reporter: what the running parts say of themselves, as one status."""

from __future__ import annotations

import time

from backend.domain.hall import HallStatus
from backend.domain.health import STARTING, Condition, PartHealth
from backend.engine.feed_runner import FeedRunner
from backend.engine.monitor import Monitor, database_health, engines_health, inference_health
from backend.engine.parts import Parts
from backend.engine.presence import Stations
from backend.engine.refresher import Refresher
from backend.events import Event, FileQuarantined, PlotArrived, PlotJudged
from backend.pipeline.store_link import StoreLink


class Reporter:
    """Asked four times a second. What does not exist yet is starting. `refused`: why the store must not be used."""

    def __init__(self, monitor: Monitor, stations: Stations, *links: StoreLink) -> None:
        self._monitor, self._stations, self._links = monitor, stations, links
        self._parts: Parts | None = None
        self._feed: FeedRunner | None = None
        self._refresher: Refresher | None = None
        self._judged_before = self._recorded = 0
        self._waiting_since = time.monotonic()
        self.refused = ""

    def attach(self, parts: Parts, feed: FeedRunner, refresher: Refresher) -> None:
        """From now on these are running."""
        self._parts, self._feed, self._refresher = parts, feed, refresher

    def begin_counting(self, judged: int) -> None:
        """What was judged in former lives."""
        self._judged_before = judged

    def take_note(self, event: Event) -> None:
        """Count, and remember the newest plot."""
        if isinstance(event, FileQuarantined):
            self._monitor.counts.quarantined += 1
        elif isinstance(event, PlotArrived | PlotJudged) and event.tile.plot is not None:
            self._monitor.newest.notice(event.tile.plot)

    def status(self) -> HallStatus:
        """The status now."""
        if self._parts is None or self._feed is None:
            return self._monitor.status(STARTING, self._database(), STARTING, None)
        timings, counts = self._parts.context.timings, self._monitor.counts
        counts.judged = self._judged_before + self._parts.recorder.recorded + counts.judged_elsewhere
        counts.backlog = self._feed.backlog + self._parts.context.classify_queue.qsize()
        ms = timings.median("infer")
        presence, inference = self._stations.presence, self._inference(self._parts, ms)
        return self._monitor.status(self._feed.health, self._database(), inference, ms, presence)

    def _database(self) -> PartHealth:
        if self.refused:
            return PartHealth(Condition.FAILED, "refused", self.refused)
        health = database_health(*self._links)
        return STARTING if self._parts is None and health.condition is Condition.OK else health

    def _inference(self, parts: Parts, ms: float | None) -> PartHealth:
        if not self._stations.role.judges:
            return engines_health(self._stations.presence)
        away = any(link.away_since is not None for link in self._links)
        waiting = parts.context.classify_queue.qsize() > 0 and not away
        if not waiting or parts.recorder.recorded != self._recorded:
            self._recorded, self._waiting_since = parts.recorder.recorded, time.monotonic()
        stuck_s = time.monotonic() - self._waiting_since
        loading = self._refresher is None or self._refresher.loading
        return inference_health(ms, parts.models.broken, loading, stuck_s)
