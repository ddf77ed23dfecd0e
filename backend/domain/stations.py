"""Stations: running instances of this program, and the configurations they ran with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

FRESH_S = 10.0
"""A station whose last heartbeat is older than this is gone: killed, cut off or paused."""


class StationRole(StrEnum):
    """What a running instance does. The values are stored and shown."""

    WINDOW = "window"
    """A window with an engine in it that shares the work."""

    WATCHER = "watching window"
    """A window that shows what other stations judge."""

    ENGINE = "engine"
    """Judges without a screen."""

    FEEDER = "feeder"
    """Takes plots in for others to judge."""

    UNKNOWN = "unknown"
    """Whatever a program of another version calls itself."""

    @property
    def judges(self) -> bool:
        """Whether it takes part in the work."""
        return self in (StationRole.WINDOW, StationRole.ENGINE)

    @property
    def has_window(self) -> bool:
        """Whether somebody looks at it."""
        return self in (StationRole.WINDOW, StationRole.WATCHER)


def role_of(*, window: bool, judges: bool) -> StationRole:
    """The role of an instance with or without a window that judges or does not."""
    if window:
        return StationRole.WINDOW if judges else StationRole.WATCHER
    return StationRole.ENGINE if judges else StationRole.FEEDER


@dataclass(frozen=True, slots=True)
class Station:
    """One running (or once running) instance; times are UTC.

    `age_s` are the seconds since its last heartbeat, by the clock of the database; `skew_ms` by how much its own clock
    is ahead of that one. `stopped` where it said goodbye. `events` is the address at which it tells what happens, ""
    where it does not, and `events_key` the public key it proves itself with there.
    """

    name: str
    role: StationRole
    started_at: datetime
    heartbeat_at: datetime
    age_s: float
    version: str = ""
    host: str = ""
    pid: int = 0
    skew_ms: int = 0
    stopped: bool = False
    events: str = ""
    events_key: str = ""

    @property
    def alive(self) -> bool:
        """Whether it was heard of lately."""
        return not self.stopped and self.age_s <= FRESH_S


@dataclass(frozen=True, slots=True)
class Presence:
    """Who is there, as a window shows it. `name` is this station's, `engines` the living that judge, this one too.

    `stations` counts all that live. `waiting` plots have no verdict yet; `skipped` were too old to be judged.
    `shared` is False where nobody else can be there: an embedded store.
    """

    name: str = ""
    role: StationRole = StationRole.UNKNOWN
    engines: int = 0
    stations: int = 0
    waiting: int = 0
    skipped: int = 0
    shared: bool = False


def living(stations: Iterable[Station]) -> list[Station]:
    """Those that were heard of lately."""
    return [station for station in stations if station.alive]


@dataclass(frozen=True, slots=True)
class ConfigurationChange:
    """One entry of the configuration history; `before` is "" for the first. Never holds secrets."""

    who: str
    at: datetime
    before: str
    after: str
