"""The monitor: can the application see? It turns what the parts say of themselves into one status."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from backend.domain.beam import UNKNOWN_BEAM, Beam
from backend.domain.hall import HallStatus
from backend.domain.health import Condition, Health, PartHealth
from backend.domain.plots import Plot
from backend.domain.stations import Presence
from backend.pipeline.store_link import StoreLink

NO_FOLDER = PartHealth(
    Condition.DEGRADED, "no folder", "Nothing is watched yet. Choose the folder into which the plots are written."
)


ALONE = Presence()


@dataclass(slots=True)
class Counts:
    """What has been counted; kept up to date by the engine."""

    quarantined: int = 0
    backlog: int = 0
    judged: int = 0
    judged_elsewhere: int = 0


@dataclass(slots=True)
class Newest:
    """The newest plot: its run, and when it was received (UTC)."""

    run: int | None = None
    received_at: datetime | None = None

    def notice(self, plot: Plot) -> None:
        """Take this one if it is newer."""
        if self.received_at is None or plot.received_at >= self.received_at:
            self.received_at, self.run = plot.received_at, plot.identity.run


OTHERS_FEED = PartHealth(Condition.OK)


def feed_health(
    feed: PartHealth | None, newest: Newest, beam: Beam, stale_after_s: float, others: bool = False
) -> PartHealth:
    """The feed's own health, overruled when no plot has come for too long; with no beam that is expected.

    A station that watches no folder shows what `others` take in, where there are any.
    """
    if feed is None:
        feed = OTHERS_FEED if others else NO_FOLDER
    if feed is NO_FOLDER:
        return NO_FOLDER
    if feed.condition is Condition.FAILED or newest.received_at is None:
        return feed
    age = datetime.now(UTC) - newest.received_at
    if age <= timedelta(seconds=stale_after_s):
        return feed
    word = f"no plot for {int(age.total_seconds() // 60)} min"
    advice = "Check the job that draws the plots and the folder it writes to."
    return PartHealth(Condition.DEGRADED if beam.certainly_off else Condition.FAILED, word, advice)


def database_health(*links: StoreLink) -> PartHealth:
    """Whether the last call on each of these was answered."""
    for link in links:
        if link.refused:
            return PartHealth(Condition.FAILED, "refused", link.refused)
    for link in links:
        if link.away_since is not None:
            word = "no room" if link.full else "away"
            advice = f"{link.trouble} Plots stay where they are and are judged afterwards."
            return PartHealth(Condition.FAILED, f"{word} since {link.away_since.astimezone():%H:%M}", advice)
    return PartHealth(Condition.OK)


def engines_health(presence: Presence) -> PartHealth:
    """Inference as a station sees it that does not judge: whether others do."""
    if presence.engines:
        return PartHealth(Condition.OK, f"{presence.engines} engine{'s' * (presence.engines > 1)}")
    advice = "No station that judges is running. Start one: hydra-gui serve, or a window that is not watch-only."
    condition = Condition.FAILED if presence.waiting else Condition.DEGRADED
    return PartHealth(condition, "no engine", advice)


def inference_health(milliseconds: float | None, broken: dict[str, str], loading: bool, stuck_s: float) -> PartHealth:
    """Median time per plot while it runs; failed when plots wait and none gets a verdict."""
    if stuck_s > _STUCK_AFTER_S:
        advice = "Plots are stored but not judged. Restart the program; if it happens again, send the log."
        return PartHealth(Condition.FAILED, f"no verdict for {stuck_s:.0f} s", advice)
    if broken:
        advice = f"{next(iter(broken.values()))} Activate another model; the plots wait for it."
        return PartHealth(Condition.DEGRADED, f"{len(broken)} model{'s' * (len(broken) > 1)} unusable", advice)
    if loading:
        return PartHealth(Condition.STARTING, "loading models")
    return PartHealth(Condition.OK, "" if milliseconds is None else f"{milliseconds:.0f} ms")


_STUCK_AFTER_S = 30.0


class Monitor:
    """Holds the last reading of each part and makes the status from them."""

    def __init__(self, experiment: str, stale_after_s: float) -> None:
        self._experiment, self._stale_after_s = experiment, stale_after_s
        self.counts, self.newest = Counts(), Newest()
        self.beam: Beam = UNKNOWN_BEAM

    def status(
        self,
        feed: PartHealth | None,
        database: PartHealth,
        inference: PartHealth,
        ms: float | None,
        presence: Presence = ALONE,
    ) -> HallStatus:
        """The status now."""
        others = presence.shared and presence.stations > 1
        seen = feed_health(feed, self.newest, self.beam, self._stale_after_s, others)
        return HallStatus(
            experiment=self._experiment,
            run=self.newest.run,
            beam=self.beam,
            newest_plot_at=self.newest.received_at,
            health=Health(seen, database, inference),
            quarantined=self.counts.quarantined,
            backlog=self.counts.backlog,
            judged=self.counts.judged,
            inference_ms=ms,
            presence=presence,
        )
